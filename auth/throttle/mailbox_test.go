package throttle_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

// TestMailboxHasItsMails: in all spellings of its address, from all sources and
// whomever the mails are about, and no attempt is taken for one.
func TestMailboxHasItsMails(t *testing.T) {
	s := open(t, throttle.Options{Purpose: "password reset", PerAccount: throttle.Limit{Burst: 5, Every: 20 * time.Minute}})
	mail := func(addr, address, user string) error {
		return s.Mails(from(addr))(t.Context(), address, []auth.User{{Username: user}})
	}
	for i, address := range []string{"Ann@example.com", "ann@example.com", " ANN@example.com", "ann@EXAMPLE.com", "änn@example.com"} {
		if err := mail(fmt.Sprintf("192.0.2.%d:1", i), address, fmt.Sprint("user", i)); err != nil {
			t.Errorf("mail %d: %v", i+1, err)
		}
	}
	err := mail(evil, "ann@example.com", "other")
	var limited *session.RetryError
	if !errors.As(err, &limited) || throttle.BucketOf(limited) != throttle.BucketMailbox || limited.RetryAfter != 20*time.Minute {
		t.Errorf("the sixth mail: %v", err)
	}
	if strings.Contains(s.log.String(), "example.com") {
		t.Errorf("the log shows the address: %s", &s.log)
	}
	if err := mail(evil, "bob@example.com", "bob"); err != nil {
		t.Errorf("to somebody else: %v", err)
	}
	s.wantPass(from(home), "ann@example.com")
	s.now = s.now.Add(20 * time.Minute)
	if err := mail(evil, "ann@example.com", "ann"); err != nil {
		t.Errorf("after 20 minutes: %v", err)
	}
}

// TestKnownDevicesHaveMailsOfTheirOwn, shared by all devices of all users that
// the mail is about: a stranger with an account on somebody else's address
// cannot multiply the mails by logging in again and again. Devices are known by
// their logins, if the options say so.
func TestKnownDevicesHaveMailsOfTheirOwn(t *testing.T) {
	logins := open(t, throttle.Options{})
	ann, other := logins.login(from(home), "ann"), logins.login(from(office), "ann")
	eve := logins.login(from(evil), "eve")
	users := []auth.User{logins.user("eve2"), logins.user("ann")}
	for of, known := range map[string]bool{"login": true, "": false} {
		s := open(t, throttle.Options{
			Purpose: "password reset", DevicesOf: of, PerAccount: throttle.Limit{Burst: 1, Every: time.Hour},
		})
		send := func(r *http.Request, users ...auth.User) bool {
			return s.Mails(r)(t.Context(), "ann@example.com", users) == nil
		}
		if !send(from(evil), users...) || send(from(evil), users...) || send(from(evil, eve), users...) {
			t.Fatalf("DevicesOf %q: strangers have more or less than one mail", of)
		}
		changed := logins.user("ann")
		changed.Password += "x"
		if send(from(home, ann), changed) {
			t.Errorf("DevicesOf %q: a device is known with an old password", of)
		}
		if got := send(from(home, ann), users...); got != known {
			t.Errorf("DevicesOf %q: the owner's device has a mail: %t", of, got)
		}
		if send(from(home, ann), users...) || send(from(office, other), users...) {
			t.Errorf("DevicesOf %q: the owner's devices have more than one", of)
		}
	}
}

// TestMailsThatCannotBeCountedAreNotSent, unless the options say so.
func TestMailsThatCannotBeCountedAreNotSent(t *testing.T) {
	for _, open := range []bool{false, true} {
		l, err := throttle.NewAt(time.Now, failing{}, keys, &throttle.Options{FailOpen: open, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		count := l.Mails(from(home))
		if err := count(t.Context(), "ann@example.com", nil); (err == nil) != open || !open && !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("FailOpen %t: %v", open, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := count(ctx, "ann@example.com", nil); err == nil {
			t.Errorf("FailOpen %t: a mail that was given up was counted", open)
		}
	}
}

// TestMailsCountedAtOnceAreNotLost: of two that are counted at the same time,
// the one whose clock was read earlier may come later.
func TestMailsCountedAtOnceAreNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, calls := time.Now(), 0
		now := func() time.Time {
			if calls++; calls == 1 {
				return start.Add(time.Millisecond)
			}
			return time.Now()
		}
		l, err := throttle.NewAt(now, noerror.In(throttle.NewMemory(100_000)), keys, &throttle.Options{
			PerAccount: throttle.Limit{Burst: 2, Every: time.Hour},
			Logger:     slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		count := l.Mails(from(home))
		for i := range 3 {
			if err := count(t.Context(), "ann@example.com", nil); (err == nil) != (i < 2) {
				t.Errorf("mail %d: %v", i+1, err)
			}
		}
	})
}
