package reset_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/reset"
	"github.com/jamsession/jamsession/auth/token"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/mail"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// silent are users, a user store and a sender that say nothing. If deaf, not
// even the end of a context makes them return.
type silent struct {
	auth.UserStore
	deaf  chan struct{}
	begun chan time.Time
	ended chan time.Time
}

func (s silent) wait(ctx context.Context) error {
	s.begun <- time.Now()
	if s.deaf != nil {
		<-s.deaf
	}
	<-ctx.Done()
	s.ended <- time.Now()
	return ctx.Err()
}

func (s silent) ByID(ctx context.Context, _ string) (auth.User, error) {
	return auth.User{}, s.wait(ctx)
}

func (silent) ByUsername(context.Context, string) (auth.User, error) {
	return auth.User{}, auth.ErrUserNotFound
}

func (s silent) ByEmail(ctx context.Context, _ string) ([]auth.User, error) {
	return nil, s.wait(ctx)
}

func (s silent) Send(ctx context.Context, _ mail.Message) error { return s.wait(ctx) }

// known has one user, to whom a mail can be sent.
type known struct{ silent }

func (known) ByEmail(context.Context, string) ([]auth.User, error) {
	return []auth.User{{
		ID: "1", Username: "alice", Email: "alice@example.com", IsActive: true,
		Password: "pbkdf2_sha256$10$salt$WLNMZVxHN0cpXqJ3VYVMz1kvGdsg+GRHDsjtLdOmhSs=",
	}}, nil
}

func newSilent(deaf bool) silent {
	s := silent{begun: make(chan time.Time, 9), ended: make(chan time.Time, 9)}
	if deaf {
		s.deaf = make(chan struct{})
	}
	return s
}

func (s silent) resets(t *testing.T, users reset.Users) *reset.Resets {
	t.Helper()
	tokens, err := token.New(keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	logins, err := auth.New(s, keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	x, err := reset.New(logins, users, tokens, s, &reset.Options{
		URL: "https://example.com/reset/{id}/{token}/",
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestSilenceHoldsTheWorkerForALimitedTime: five seconds for the users, a
// minute for a mail.
func TestSilenceHoldsTheWorkerForALimitedTime(t *testing.T) {
	for want, users := range map[time.Duration]func(silent) reset.Users{
		5 * time.Second: func(s silent) reset.Users { return s },
		time.Minute:     func(s silent) reset.Users { return known{s} },
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newSilent(false)
			x := s.resets(t, users(s))
			request(t, x, "alice@example.com")
			begun := <-s.begun
			if took := (<-s.ended).Sub(begun); took != want {
				t.Errorf("the worker was held for %v, want %v", took, want)
			}
			if err := x.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSilentUsersEndTheOpeningOfALink with 503, after five seconds.
func TestSilentUsersEndTheOpeningOfALink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSilent(false)
		x, begin := s.resets(t, s), time.Now()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/reset", nil)
		page := noerror.In(session.New(memstore.New(), nil)).Handler(http.HandlerFunc(
			func(_ http.ResponseWriter, r *http.Request) {
				_, _, err := x.Open(r, token.EncodeID("1"), "x-y")
				session.Abort(r, err)
			}))
		w := httptest.NewRecorder()
		page.ServeHTTP(w, r)
		if took := time.Since(begin); w.Code != http.StatusServiceUnavailable || took != 5*time.Second {
			t.Errorf("status %d after %v, want 503 after 5s", w.Code, took)
		}
		if err := x.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestCloseEndsAlsoIfTheSenderDoesNotListen.
func TestCloseEndsAlsoIfTheSenderDoesNotListen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSilent(true)
		x := s.resets(t, known{s})
		request(t, x, "alice@example.com")
		<-s.begun
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		err := x.Close(ctx)
		if took := time.Since(begin); took != 6*time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close: %v after %v, want the context's error after 6s", err, took)
		}
		close(s.deaf)
	})
}
