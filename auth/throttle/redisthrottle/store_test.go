package redisthrottle_test

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/auth/throttle/redisthrottle"
	"github.com/jamsession/jamsession/auth/throttle/throttletest"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

var limit = throttle.Limit{Burst: 3, Every: time.Minute}

func dial(t testing.TB, s *servertest.Server) rueidis.Client {
	t.Helper()
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{s.Addr}, ForceSingleClient: true, DisableCache: true, DisableRetry: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func TestContract(t *testing.T) {
	store := noerror.In(redisthrottle.New(dial(t, servertest.Redis(t)), nil))
	throttletest.Run(t, func(*testing.T) throttle.Store { return store })
	if !servertest.HasValkey() {
		return
	}
	t.Run("Valkey", func(t *testing.T) {
		store := noerror.In(redisthrottle.New(dial(t, servertest.Valkey(t)), nil))
		throttletest.Run(t, func(*testing.T) throttle.Store { return store })
	})
}

// TestProgramsCountTogether: two clients have one bucket, and another prefix
// has another.
func TestProgramsCountTogether(t *testing.T) {
	o := &redisthrottle.Options{Prefix: rand.Text()}
	one := noerror.In(redisthrottle.New(dial(t, servertest.Redis(t)), o))
	two := noerror.In(redisthrottle.New(dial(t, servertest.Redis(t)), o))
	other := noerror.In(redisthrottle.New(dial(t, servertest.Redis(t)), &redisthrottle.Options{Prefix: rand.Text()}))
	now := time.Now()
	for i, want := range []struct {
		store throttle.Store
		wait  time.Duration
	}{{one, 0}, {two, 0}, {one, 0}, {two, limit.Every}, {one, limit.Every}, {other, 0}} {
		if wait, err := want.store.Take(t.Context(), "a", limit, now); wait != want.wait || err != nil {
			t.Errorf("%d: %v, %v; want %v", i, wait, err, want.wait)
		}
	}
}

// TestFullBucketsLeaveRedis: no key outlives the time until its bucket is full,
// also if attempts are given back.
func TestFullBucketsLeaveRedis(t *testing.T) {
	client := dial(t, servertest.Redis(t))
	prefix := rand.Text()
	store := noerror.In(redisthrottle.New(client, &redisthrottle.Options{Prefix: prefix}))
	for n := range limit.Burst + 2 {
		if _, err := store.Take(t.Context(), "a", limit, time.Now()); err != nil {
			t.Fatal(err)
		}
		left, err := client.Do(t.Context(), client.B().Pttl().Key(prefix+"a").Build()).AsInt64()
		most := int64(min(n+1, limit.Burst)) * limit.Every.Milliseconds()
		if err != nil || left <= most-10_000 || left > most {
			t.Errorf("after %d: PTTL %d, %v; want about %d", n+1, left, err, most)
		}
	}
	for n := range limit.Burst + 1 {
		if err := store.Give(t.Context(), "a", limit); err != nil {
			t.Fatal(err)
		}
		left, err := client.Do(t.Context(), client.B().Pttl().Key(prefix+"a").Build()).AsInt64()
		most := int64(limit.Burst-n-1) * limit.Every.Milliseconds()
		if gone := left == -2; err != nil || gone != (most <= 0) || left > most && !gone {
			t.Errorf("after %d were given back: PTTL %d, %v; want at most %d", n+1, left, err, most)
		}
	}
}

// TestNumbersAreExact: what Lua writes is a whole number, not 1.7e+15.
func TestNumbersAreExact(t *testing.T) {
	client := dial(t, servertest.Redis(t))
	prefix := rand.Text()
	store := noerror.In(redisthrottle.New(client, &redisthrottle.Options{Prefix: prefix}))
	now := time.Now().Add(time.Hour).Truncate(time.Second).Add(123_457 * time.Microsecond)
	if _, err := store.Take(t.Context(), "a", limit, now); err != nil {
		t.Fatal(err)
	}
	value, err := client.Do(t.Context(), client.B().Get().Key(prefix+"a").Build()).AsInt64()
	if want := now.Add(limit.Every).UnixMicro(); value != want || err != nil {
		t.Errorf("stored %d, %v; want %d", value, err, want)
	}
}

func TestRedisDown(t *testing.T) {
	server := servertest.StartRedis(t)
	store := noerror.In(redisthrottle.New(dial(t, server), nil))
	if _, err := store.Take(t.Context(), "a", limit, time.Now()); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	_, err := store.Take(t.Context(), "a", limit, time.Now())
	if err == nil || !strings.HasPrefix(err.Error(), "redisthrottle: take: ") {
		t.Errorf("Take: %v", err)
	}
	if err := store.Give(t.Context(), "a", limit); err == nil {
		t.Error("Give: no error")
	}
}
