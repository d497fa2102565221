package throttle_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/throttle"
)

// counting counts the calls of a Ledger.
type counting struct {
	throttle.Ledger
	calls int
}

func (c *counting) Take(ctx context.Context, key string, l throttle.Limit, now time.Time) (time.Duration, error) {
	c.calls++
	return c.Ledger.Take(ctx, key, l, now)
}

func (c *counting) FullAt(ctx context.Context, key string) (time.Time, error) {
	c.calls++
	return c.Ledger.FullAt(ctx, key)
}

// TestLiftOpensANameEverywhere: for strangers, and on all devices on which the
// user is known.
func TestLiftOpensANameEverywhere(t *testing.T) {
	s := open(t, throttle.Options{})
	known := s.login(from(home), "ann")
	for range 10 {
		s.wantPass(from(home, known), "ann")
	}
	s.wantLimited(from(home, known), "ann", throttle.BucketDevice, 5*time.Minute)
	s.exhaust("ann")
	s.exhaust("bob")
	for range 2 { // also a second time in an hour
		s.now = s.now.Add(time.Second)
		if err := s.Lift(t.Context(), throttle.Subject{Name: "Ann "}); err != nil {
			t.Fatal(err)
		}
		s.exhaust("ann")
		for range 10 {
			s.wantPass(from(home, known), "ann")
		}
		if err := s.Check(from(home, known), "ann"); throttle.BucketOf(err) != throttle.BucketDevice {
			t.Errorf("a device has no limit: %v", err)
		}
	}
	if err := s.Check(from(evil), "bob"); throttle.BucketOf(err) != throttle.BucketAccount {
		t.Errorf("somebody else's limit is lifted: %v", err)
	}
}

// TestLiftOpensASource at once in this process, for strangers and known devices;
// any address of the network will do.
func TestLiftOpensASource(t *testing.T) {
	s := open(t, throttle.Options{PerSource: throttle.Limit{Burst: 2, Every: time.Hour}})
	const addr = "[2001:db8:1:2::7]:1"
	known := s.login(from(home), "ann")
	use := func() {
		t.Helper()
		for i := range 2 {
			s.wantPass(from(addr), fmt.Sprint(i))
			s.wantPass(from(addr, known), "ann")
		}
		s.wantLimited(from(addr), "x", throttle.BucketSource, time.Hour)
		s.wantLimited(from(addr, known), "ann", throttle.BucketDeviceSource, time.Hour)
	}
	use()
	for _, other := range []string{"2001:db8:1:3::7", "192.0.2.2"} {
		if err := s.Lift(t.Context(), throttle.Subject{Source: netip.MustParseAddr(other)}); err != nil {
			t.Fatal(err)
		}
	}
	s.wantLimited(from(addr), "x", throttle.BucketSource, time.Hour)
	if err := s.Lift(t.Context(), throttle.Subject{Source: netip.MustParseAddr("2001:db8:1:2::8%eth0")}); err != nil {
		t.Fatal(err)
	}
	use()
	if s.Exhausted() != 1 {
		t.Errorf("%d sources are remembered", s.Exhausted())
	}
}

// TestLimitsShowWhatIsLeft, and take nothing.
func TestLimitsShowWhatIsLeft(t *testing.T) {
	s := open(t, throttle.Options{PerSource: throttle.Limit{Burst: 3, Every: time.Minute}})
	show := func(of throttle.Subject) string {
		t.Helper()
		text := ""
		all, err := s.Limits(t.Context(), of)
		for _, l := range all {
			text += fmt.Sprintf("%s %s %d/%d %v %v; ", l.Purpose, l.Bucket, l.Left, l.Limit.Burst, l.Wait, l.Full)
		}
		if err != nil {
			t.Error(err)
		}
		return text
	}
	both := throttle.Subject{Name: "ANN", Source: netip.MustParseAddr("::ffff:192.0.2.1")}
	for _, c := range []struct {
		attempts int
		want     string
	}{
		{0, "login account 10/10 0s 0s; login source 3/3 0s 0s; "},
		{1, "login account 9/10 0s 5m0s; login source 2/3 0s 1m0s; "},
		{2, "login account 7/10 0s 15m0s; login source 0/3 1m0s 3m0s; "},
	} {
		for range c.attempts {
			s.wantPass(from(home), "ann")
		}
		for range 2 {
			if got := show(both); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		}
	}
	s.now = s.now.Add(90 * time.Second)
	if got, want := show(both), "login account 7/10 0s 13m30s; login source 1/3 0s 1m30s; "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if err := s.Mails(from(home))(t.Context(), "ann@example.com", nil); err != nil {
		t.Fatal(err)
	}
	if got, want := show(throttle.Subject{Name: "ann@example.com"}), "login account 10/10 0s 0s; login mailbox 9/10 0s 5m0s; "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if err := s.Lift(t.Context(), throttle.Subject{Name: "ann@example.com"}); err != nil {
		t.Fatal(err)
	}
	if got, want := show(throttle.Subject{Name: "ann@example.com"}), "login account 10/10 0s 0s; "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := show(throttle.Subject{}); got != "" {
		t.Errorf("of nobody: %s", got)
	}
}

// TestLimitsOfAPlainStoreAreUnsupported, and a store that is down is an error.
func TestLimitsOfAPlainStoreAreUnsupported(t *testing.T) {
	s := open(t, throttle.Options{})
	for store, want := range map[throttle.Store]error{plain{s.memory}: errors.ErrUnsupported, down{}: errDown} {
		l, err := throttle.New(store, keys, nil)
		if err != nil {
			t.Fatal(err)
		}
		of := throttle.Subject{Name: "ann"}
		if _, err := l.Limits(t.Context(), of); !errors.Is(err, want) {
			t.Errorf("Limits: %v", err)
		}
		if err := l.Lift(t.Context(), of); !errors.Is(err, want) {
			t.Errorf("Lift: %v", err)
		}
	}
}

// down is a Ledger that cannot be asked.
type down struct{ failing }

func (down) FullAt(context.Context, string) (time.Time, error) { return time.Time{}, errDown }
func (down) Fill(context.Context, string) error                { return errDown }

// forgetful is a Ledger that counts, and cannot be asked.
type forgetful struct{ throttle.Ledger }

func (forgetful) FullAt(context.Context, string) (time.Time, error) { return time.Time{}, errDown }

// TestLimitCountsThoughNobodyKnowsWhetherItIsLifted: the store has said that there are no
// attempts left, so that FailOpen opens nothing.
func TestLimitCountsThoughNobodyKnowsWhetherItIsLifted(t *testing.T) {
	s := open(t, throttle.Options{})
	o := throttle.Options{FailOpen: true, Logger: slog.New(slog.NewTextHandler(&s.log, nil))}
	l, err := throttle.New(forgetful{s.memory.(throttle.Ledger)}, keys, &o)
	if err != nil {
		t.Fatal(err)
	}
	mail := l.Mails(from(home))
	for range 10 {
		if err := errors.Join(l.Check(from(home), s.attempt("ann")), mail(t.Context(), "ann@example.com", nil)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Check(from(home), s.attempt("ann")); !errors.Is(err, throttle.ErrLimited) {
		t.Errorf("the eleventh attempt: %v", err)
	}
	if err := mail(t.Context(), "ann@example.com", nil); !errors.Is(err, throttle.ErrLimited) {
		t.Errorf("the eleventh mail: %v", err)
	}
	if !strings.Contains(s.log.String(), errDown.Error()) {
		t.Errorf("log: %s", &s.log)
	}
}

// TestNewPasswordWithoutTheStore is logged, without the name.
func TestNewPasswordWithoutTheStore(t *testing.T) {
	s := open(t, throttle.Options{})
	o := throttle.Options{Logger: slog.New(slog.NewTextHandler(&s.log, nil))}
	l, err := throttle.New(down{}, keys, &o)
	if err != nil {
		t.Fatal(err)
	}
	l.NewPassword(t.Context(), auth.Attempt{Username: "hunter2"})
	if log := s.log.String(); !strings.Contains(log, "new password") || strings.Contains(log, "hunter2") {
		t.Errorf("log: %s", log)
	}
}
