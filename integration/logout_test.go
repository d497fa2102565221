package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/session"
)

// TestLogoutStaysALogout: once a logout was answered, neither the old cookie
// nor one that a request in flight was given opens a session, whatever the
// request did and wherever it was overtaken.
func TestLogoutStaysALogout(t *testing.T) {
	each(t, func(engine) bool { return true }, func(t *testing.T, e engine) {
		t.Parallel()
		store := e.open(t)
		if err := eachOvertaking(t.Context(), store); err != nil {
			t.Error(err)
		}
		if err := freeRuns(t.Context(), store); err != nil {
			t.Error(err)
		}
	})
}

// TestLogoutStaysALogoutRejects: the check finds stores that bring a session
// back.
func TestLogoutStaysALogoutRejects(t *testing.T) {
	if err := eachOvertaking(t.Context(), newWrong(nothing)); err != nil {
		t.Errorf("rejected though nothing is wrong: %v", err)
	}
	for _, m := range []mistake{
		upserts, checksFirst, forgetsDeletes, deletesNothing, undoesDeletes, leavesOldKey, servesStale,
	} {
		t.Run(mistakes[m], func(t *testing.T) {
			store := newWrong(m)
			if eachOvertaking(t.Context(), store) == nil && freeRuns(t.Context(), store) == nil {
				t.Error("the check accepts it")
			}
		})
	}
}

// The requests that are overtaken, and where. "refresh" is a read that moves
// the expiry.
var (
	inFlight = []string{"/read", "/refresh", "/write", "/rotate", "/login/7", "/logout"}
	points   = []string{
		"before Load", "after Load", "before Save", "after Save", "before Delete", "after Delete",
	}
)

// eachOvertaking stops a request at each point, and a logout at each point,
// and lets them go in either order.
func eachOvertaking(ctx context.Context, store session.Store) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	o := newOvertaking(store)
	for _, path := range inFlight {
		for _, at := range points {
			for _, logoutAt := range append(points, "never") {
				for _, first := range []string{path, "/logout"} {
					err := o.overtake(ctx, path, at, logoutAt, first == path)
					if err != nil {
						return fmt.Errorf("%s stopped %s, the logout %s, %s let go first: %w",
							path, at, logoutAt, first, err)
					}
				}
			}
		}
	}
	return nil
}

// An overtaking is two sites on one store. The second one moves the expiry
// with each read.
type overtaking struct {
	store     session.Store
	plain     *site
	refreshes *site
}

func newOvertaking(store session.Store) *overtaking {
	store = halting{store}
	return &overtaking{store, newSite(store, session.Options{}), newSite(store, session.Options{
		IdleTimeout: time.Hour, RefreshInterval: -1,
	})}
}

func (o *overtaking) get(ctx context.Context, path, key string) response {
	if path == "/refresh" {
		return o.refreshes.get(ctx, "/read", key)
	}
	return o.plain.get(ctx, path, key)
}

// login returns the cookie of a new visitor.
func (o *overtaking) login(ctx context.Context) (string, error) {
	got := o.plain.get(ctx, "/login/7", "")
	if got.status != http.StatusOK || got.key == "" {
		return "", fmt.Errorf("login: status %d: %s", got.status, got.body)
	}
	return got.key, nil
}

// overtake runs a request and a logout of the same visitor, each up to its
// point, and then one of them to its end before the other.
func (o *overtaking) overtake(ctx context.Context, path, at, logoutAt string, requestFirst bool) error {
	key, err := o.login(ctx)
	if err != nil {
		return err
	}
	request := o.begin(ctx, path, key, at)
	logout := o.begin(ctx, "/logout", key, logoutAt)
	if requestFirst {
		request.end()
		logout.end()
	} else {
		logout.end()
		request.end()
	}
	return o.judge(ctx, path, key, request.got, logout.got)
}

// A running request has reached its point, or its end.
type running struct {
	halt *halt
	done chan struct{}
	got  response
}

func (o *overtaking) begin(ctx context.Context, path, key, at string) *running {
	r := &running{halt: newHalt(at), done: make(chan struct{})}
	go func() {
		defer close(r.done)
		r.got = o.get(r.halt.context(ctx), path, key)
	}()
	select {
	case <-r.halt.reached:
	case <-r.done:
	}
	return r
}

func (r *running) end() {
	close(r.halt.letGo)
	<-r.done
}

// judge compares what the two were told with what is there now.
func (o *overtaking) judge(ctx context.Context, path, key string, request, logout response) error {
	keysMove := path == "/rotate" || path == "/login/7" || path == "/logout"
	switch {
	case request.status >= 500 || logout.status >= 500:
		return fmt.Errorf("status %d, and %d to the logout", request.status, logout.status)
	case logout.status != http.StatusOK && !keysMove:
		return fmt.Errorf("the logout is refused with status %d", logout.status)
	case logout.status != http.StatusOK && path == "/logout" && request.status != http.StatusOK:
		return fmt.Errorf("of two logouts none is answered: status %d and %d", request.status, logout.status)
	case logout.status != http.StatusOK && path != "/logout":
		return o.judgeRefused(ctx, key, request)
	}
	if path == "/login/7" && request.status == http.StatusOK {
		// A login is not a request of the session that ended: it may begin a
		// new one.
		return o.dead(ctx, key)
	}
	return o.dead(ctx, key, request.key)
}

// judgeRefused expects that a logout was refused since the session lives on
// under a new key, where a logout ends it.
func (o *overtaking) judgeRefused(ctx context.Context, key string, request response) error {
	if request.status != http.StatusOK || request.key == "" {
		return fmt.Errorf("the logout is refused, and the other request too: status %d", request.status)
	}
	if again := o.get(ctx, "/logout", request.key); again.status != http.StatusOK {
		return fmt.Errorf("a logout with the new cookie: status %d", again.status)
	}
	return o.dead(ctx, key, request.key)
}

// dead fails if a key opens a session, or if the store has one.
func (o *overtaking) dead(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if key == "" {
			continue
		}
		if got := o.get(ctx, "/read", key); got.status != http.StatusForbidden {
			return fmt.Errorf("after the logout a cookie opens a session: status %d: %s", got.status, got.body)
		}
		if _, err := o.store.Load(ctx, key); !errors.Is(err, session.ErrNotFound) {
			return fmt.Errorf("after the logout the store has a record: error %w", err)
		}
	}
	return nil
}

// freeRuns makes requests and a logout of one visitor begin together, again
// and again.
func freeRuns(ctx context.Context, store session.Store) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	o := newOvertaking(store)
	for range 30 {
		if err := o.freeRun(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (o *overtaking) freeRun(ctx context.Context) error {
	key, err := o.login(ctx)
	if err != nil {
		return err
	}
	paths := []string{"/logout", "/read", "/refresh", "/write", "/write", "/rotate", "/refresh"}
	got := make([]response, len(paths))
	start := make(chan struct{})
	var all sync.WaitGroup
	for i, path := range paths {
		all.Go(func() {
			<-start
			got[i] = o.get(ctx, path, key)
		})
	}
	close(start)
	all.Wait()
	keys := []string{key}
	for i, r := range got {
		if r.status >= 500 {
			return fmt.Errorf("%s: status %d: %s", paths[i], r.status, r.body)
		}
		keys = append(keys, r.key)
	}
	if got[0].status != http.StatusOK { // the key was rotated before
		for _, key := range keys {
			o.get(ctx, "/logout", key)
		}
	}
	return o.dead(ctx, keys...)
}
