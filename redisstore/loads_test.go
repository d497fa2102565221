package redisstore_test

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/redisstore"
	"github.com/jamsession/jamsession/session"
)

// visitors load at the same time.
const visitors = 50

// together calls load for each visitor, all while the server answers nobody, and returns how
// often the server was asked by GET and by MGET.
func together(t *testing.T, server *servertest.Server, load func(i int) error) (gets, mgets int) {
	t.Helper()
	admin := client(t, server)
	run := func(words ...string) rueidis.RedisResult {
		return admin.Do(t.Context(), admin.B().Arbitrary(words...).Build())
	}
	for _, words := range [][]string{{"CONFIG", "RESETSTAT"}, {"CLIENT", "PAUSE", "300"}} {
		if err := run(words...).Error(); err != nil {
			t.Fatal(err)
		}
	}
	errs := make([]error, visitors)
	var all sync.WaitGroup
	for i := range visitors {
		all.Go(func() { errs[i] = load(i) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	stats := noerror.In(run("INFO", "commandstats").ToString())
	calls := func(command string) int {
		found := regexp.MustCompile(`cmdstat_` + command + `:calls=(\d+)`).FindStringSubmatch(stats)
		if found == nil {
			return 0
		}
		return noerror.In(strconv.Atoi(found[1]))
	}
	return calls("get"), calls("mget")
}

func client(t *testing.T, server *servertest.Server) rueidis.Client {
	t.Helper()
	c := noerror.In(rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{server.Addr}, DisableCache: true}))
	t.Cleanup(c.Close)
	return c
}

// TestWaitingLoadsShareAQuestion, of a store and of a cache, and each gets what it asked for.
func TestWaitingLoadsShareAQuestion(t *testing.T) {
	server := servertest.StartRedisWith(t)
	s := open(t, "redis://"+server.Addr, redisstore.Options{})
	cache := noerror.In(redisstore.OpenCache(t.Context(), "redis://"+server.Addr, &redisstore.Options{Prefix: "c"}))
	defer cache.Close()
	records := make([]session.Record, visitors)
	for i := range records {
		records[i] = record(fmt.Sprintf(`{"n":%d}`, i))
		if i%10 == 0 {
			continue // is not there
		}
		if err := errors.Join(s.Create(t.Context(), records[i]),
			cache.Set(t.Context(), records[i].Key, records[i].Data, time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	check := func(i int, got []byte, err error) error {
		if i%10 == 0 && errors.Is(err, session.ErrNotFound) || err == nil && string(got) == string(records[i].Data) {
			return nil
		}
		return fmt.Errorf("%d: %s, %w", i, got, err)
	}
	for name, load := range map[string]func(i int) error{
		"store": func(i int) error {
			rec, err := s.Load(t.Context(), records[i].Key)
			return check(i, rec.Data, err)
		},
		"cache": func(i int) error {
			value, err := cache.Get(t.Context(), records[i].Key)
			return check(i, value, err)
		},
	} {
		gets, mgets := together(t, server, load)
		if gets > 4 || mgets == 0 || mgets > 4 {
			t.Errorf("%s: %d GET and %d MGET for %d loads", name, gets, mgets, visitors)
		}
	}
}

// TestUserWhoMayNotUseMGETHasSessions, and a cache: what is refused for several keys at once is
// asked for alone.
func TestUserWhoMayNotUseMGETHasSessions(t *testing.T) {
	server := servertest.StartRedisWith(t)
	admin := client(t, server)
	if err := admin.Do(t.Context(), admin.B().Arbitrary("ACL", "SETUSER", "site", "on", ">word", "~*", "&*",
		"+@all", "-mget").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	url := "redis://site:word@" + server.Addr
	s := open(t, url, redisstore.Options{})
	cache := noerror.In(redisstore.OpenCache(t.Context(), url, &redisstore.Options{Prefix: "c"}))
	defer cache.Close()
	rec := created(t, s, "here")
	if err := cache.Set(t.Context(), rec.Key, rec.Data, time.Hour); err != nil {
		t.Fatal(err)
	}
	together(t, server, func(i int) error {
		if i%2 == 0 {
			_, err := s.Load(t.Context(), rec.Key)
			return err
		}
		_, err := cache.Get(t.Context(), rec.Key)
		return err
	})
	stats := noerror.In(admin.Do(t.Context(), admin.B().Info().Section("commandstats").Build()).ToString())
	if !regexp.MustCompile(`cmdstat_mget:calls=0,.*rejected_calls=[1-9]`).MatchString(stats) {
		t.Errorf("MGET was not refused: %s", stats)
	}
}

// TestKeyOfAnotherTypeIsNoSession, nor an entry of a cache, whether it is asked for alone or with others, of which
// none fails for it.
func TestKeyOfAnotherTypeIsNoSession(t *testing.T) {
	server := servertest.StartRedisWith(t)
	s := open(t, "redis://"+server.Addr, redisstore.Options{Prefix: "p:"})
	list, rec := record("list"), record("text")
	c := client(t, server)
	if err := c.Do(t.Context(), c.B().Lpush().Key("p:"+list.Key).Element("x").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	if err := s.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	cache := noerror.In(redisstore.OpenCache(t.Context(), "redis://"+server.Addr, &redisstore.Options{Prefix: "p:"}))
	defer cache.Close()
	load := func(i int) error {
		var err error
		switch i % 4 {
		case 0:
			_, err = s.Load(t.Context(), rec.Key)
			return err
		case 1:
			_, err = cache.Get(t.Context(), rec.Key)
			return err
		case 2:
			_, err = s.Load(t.Context(), list.Key)
		default:
			_, err = cache.Get(t.Context(), list.Key)
		}
		if !errors.Is(err, session.ErrNotFound) {
			return fmt.Errorf("%d: %w", i, err)
		}
		return nil
	}
	for i := range 4 {
		if err := load(i); err != nil {
			t.Errorf("alone: %v", err)
		}
	}
	if _, mgets := together(t, server, load); mgets == 0 {
		t.Error("no load shared a question")
	}
}
