package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/auth/throttle/redisthrottle"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/redisstore"
	"github.com/jamsession/jamsession/session"
)

// soon is how long it may take until requests reach the new primary. That is
// less than a second, unless the machine is busy.
const soon = 5 * time.Second

// A pair is a primary and its replica, with a name that leads to the primary.
type pair struct {
	primary, replica *servertest.Server
	name             *servertest.Name
}

func startPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{primary: startQuick(t), replica: startQuick(t)}
	follow(t, p.replica, p.primary)
	p.name = servertest.NewName(t, p.primary.Addr)
	return p
}

// startQuick runs a Redis that does not wait for more replicas before it sends
// its data to one.
func startQuick(t *testing.T) *servertest.Server {
	t.Helper()
	return servertest.StartRedisWith(t, "--repl-diskless-sync-delay", "0")
}

func (p *pair) url() string { return "redis://" + p.name.Addr }

// fail makes the replica the primary, and the primary its replica, which lives
// on, and moves the name.
func (p *pair) fail(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		all, has := replication(t, p.primary, "master_repl_offset"), replication(t, p.replica, "slave_repl_offset")
		if all == has {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the replica has %s of %s", has, all)
		}
	}
	follow(t, p.replica, nil)
	follow(t, p.primary, p.replica)
	p.name.Move(p.replica.Addr)
	p.primary, p.replica = p.replica, p.primary
}

// follow makes a server the replica of another one, or a primary, and waits
// until it has what the other one has.
func follow(t *testing.T, server, primary *servertest.Server) {
	t.Helper()
	host, port := "NO", "ONE"
	if primary != nil {
		host, port, _ = net.SplitHostPort(primary.Addr)
	}
	client := noerror.In(rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{server.Addr}, DisableCache: true,
	}))
	defer client.Close()
	if err := client.Do(t.Context(), client.B().Arbitrary("REPLICAOF", host, port).Build()).Error(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); primary != nil; time.Sleep(5 * time.Millisecond) {
		if replication(t, server, "master_link_status") == "up" {
			return
		}
		if time.Now().After(end) {
			t.Fatal("it does not follow")
		}
	}
}

// replication returns a line of what a server says about it.
func replication(t *testing.T, server *servertest.Server, name string) string {
	t.Helper()
	client := noerror.In(rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{server.Addr}, DisableCache: true,
	}))
	defer client.Close()
	info, err := client.Do(t.Context(), client.B().Info().Section("replication").Build()).ToString()
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(info, name+":")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

// servedSoon calls from several goroutines until each is served again and again,
// and fails if that takes long.
func servedSoon(t *testing.T, call func() error) {
	t.Helper()
	var workers sync.WaitGroup
	begin := time.Now()
	for range 8 {
		workers.Go(func() {
			for served := 0; served < 50; served++ {
				err := call()
				if err == nil {
					continue
				}
				served = 0
				if since := time.Since(begin); since > soon {
					t.Errorf("after %v: %v", since, err)
					return
				}
			}
		})
	}
	workers.Wait()
}

// TestRequestsFollowTheNameToTheNewPrimary, on each kind of client, also back
// again: the old primary lives on as a replica, and so do connections to it.
func TestRequestsFollowTheNameToTheNewPrimary(t *testing.T) {
	given := func(t *testing.T, url string) session.Store {
		client := noerror.In(rueidis.NewClient(rueidis.ClientOption{
			InitAddress: []string{strings.TrimPrefix(url, "redis://")}, DisableCache: true,
		}))
		t.Cleanup(client.Close)
		return noerror.In(redisstore.New(client, nil))
	}
	for name, open := range map[string]func(t *testing.T, url string) session.Store{
		"opened": func(t *testing.T, url string) session.Store { return open(t, url, redisstore.Options{}) },
		"with a client cache": func(t *testing.T, url string) session.Store {
			return open(t, url, redisstore.Options{ClientCache: time.Minute})
		},
		"given": given,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startPair(t)
			store := open(t, p.url())
			rec := created(t, store, "before")
			for range 2 {
				p.fail(t)
				servedSoon(t, func() error {
					rec := record("one")
					return errors.Join(store.Create(context.Background(), rec), store.Delete(context.Background(), rec.Key))
				})
			}
			if _, err := store.Load(t.Context(), rec.Key); err != nil {
				t.Error(err)
			}
			if err := store.Delete(t.Context(), rec.Key); err != nil {
				t.Error(err)
			}
			if _, err := open(t, "redis://"+p.primary.Addr).Load(t.Context(), rec.Key); !errors.Is(err, session.ErrNotFound) {
				t.Errorf("at the primary the session is %v", err)
			}
		})
	}
}

// TestAttemptsFollowTheNameToTheNewPrimary.
func TestAttemptsFollowTheNameToTheNewPrimary(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	client := noerror.In(redisstore.Dial(t.Context(), p.url()))
	t.Cleanup(client.Close)
	attempts := noerror.In(redisthrottle.New(client, nil))
	limit := throttle.Limit{Burst: 1 << 20, Every: time.Second}
	var n atomic.Int64
	take := func() error {
		_, err := attempts.Take(context.Background(), fmt.Sprint(n.Add(1)), limit, time.Now())
		return err
	}
	if err := take(); err != nil {
		t.Fatal(err)
	}
	p.fail(t)
	servedSoon(t, take)
}

// TestLogoutOfCachedDBFollowsTheNameToTheNewPrimary: another process on it sees
// the logout.
func TestLogoutOfCachedDBFollowsTheNameToTheNewPrimary(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	db := memstore.New()
	s := cachedProcess(t, db, &servertest.Server{Addr: p.name.Addr})
	first, ends := created(t, s, "one"), created(t, s, "two")
	loadedTwice(t, s, first)
	loadedTwice(t, s, ends)
	p.fail(t)
	other := cachedProcess(t, db, p.primary)
	loadedTwice(t, other, ends)
	if err := s.Delete(t.Context(), first.Key); err != nil { // leaves the wrong server
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), ends.Key); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Load(t.Context(), ends.Key); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("another process: %v", err)
	}
}
