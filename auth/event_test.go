package auth_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/session"
)

// TestEachActionIsOneEvent: whatever matters is reported once, with the user, the source and no more than
// that. What a visitor typed is in none of the lines of the audit log.
func TestEachActionIsOneEvent(t *testing.T) {
	var events []auth.Event
	var log bytes.Buffer
	audit := auth.AuditLog(slog.New(slog.NewTextHandler(&log, nil)))
	l := &limiter{}
	s := newSite(t, &auth.Options{
		Limiter: sourced{l}, SignUpLimiter: l,
		OnEvent: func(ctx context.Context, e auth.Event) {
			events = append(events, e)
			audit(ctx, e)
		},
	})
	key := s.login(t, alice())
	stop := errors.New("stopped")
	later := &session.RetryError{Err: bucketError{}, RetryAfter: time.Minute}
	guess := func(r *http.Request) { _, _ = s.auth.Authenticate(r, "alice", "hunter2") }
	for _, c := range []struct {
		name    string
		key     string
		limited error
		do      func(r *http.Request)
		want    []auth.Event
	}{
		{"login", "", nil, func(r *http.Request) {
			user, err := s.auth.Authenticate(r, "alice", "wonderland")
			if err == nil {
				err = s.auth.Login(r, user)
			}
			if err != nil {
				t.Error(err)
			}
		}, []auth.Event{{Kind: auth.EventLogin, UserID: "1", Method: "password"}}},
		{"login by other means", "", nil, func(r *http.Request) {
			if err := s.auth.Login(r, bob()); err != nil {
				t.Error(err)
			}
		}, []auth.Event{{Kind: auth.EventLogin, UserID: "2", Method: "other"}}},
		{
			"wrong password", "", nil, guess,
			[]auth.Event{{Kind: auth.EventLoginFailed, UserID: "1", Method: "password"}},
		},
		{
			"unknown name", "", nil, func(r *http.Request) { _, _ = s.auth.Authenticate(r, "hunter2", "hunter2") },
			[]auth.Event{{Kind: auth.EventLoginFailed, Method: "password"}},
		},
		{"failed by other means", "", nil, func(r *http.Request) {
			s.auth.ReportFailedLogin(r, map[string]string{"code": "hunter2"})
		}, []auth.Event{{Kind: auth.EventLoginFailed, Method: "other"}}},
		{"limited", "", stop, guess, []auth.Event{{Kind: auth.EventLimited, UserID: "1", Purpose: "login"}}},
		{"limited by a bucket", "", later, guess, []auth.Event{{
			Kind: auth.EventLimited, UserID: "1", Purpose: "login", Bucket: "account", Wait: time.Minute,
		}}},
		{
			"the limiter is down", "", session.ErrUnavailable, guess,
			[]auth.Event{{Kind: auth.EventLoginUnavailable, UserID: "1", Method: "password"}},
		},
		{"limited sign-up", "", stop, func(r *http.Request) {
			_, _ = s.auth.SignUp(r, auth.User{Username: "carol", IsActive: true}, "hunter2 hunter2")
		}, []auth.Event{{Kind: auth.EventLimited, Purpose: "sign-up"}}},
		{"sign-up", "", nil, func(r *http.Request) {
			_, _ = s.auth.SignUp(r, auth.User{Username: "carol", IsActive: true}, "hunter2 hunter2")
		}, []auth.Event{{Kind: auth.EventSignedUp, UserID: "3"}}},
		{"refused sign-up", "", nil, func(r *http.Request) {
			_, _ = s.auth.SignUp(r, auth.User{Username: "carol", IsActive: true}, "hunter2 hunter2")
		}, nil},
		{"denied", key, nil, func(r *http.Request) {
			gate := s.auth.Require(func(auth.User) bool { return false }, http.NotFoundHandler())
			gate.ServeHTTP(&discard{make(http.Header)}, r)
		}, []auth.Event{{Kind: auth.EventDenied, UserID: "1"}}},
		{
			"a wrong old password", key, nil, func(r *http.Request) { _ = s.auth.ChangePassword(r, "hunter2", "x") },
			[]auth.Event{{Kind: auth.EventPasswordWrong, UserID: "1"}},
		},
		{"a weak new password", key, nil, func(r *http.Request) { _ = s.auth.ChangePassword(r, "wonderland", "x") }, nil},
		{"reported", "", nil, func(r *http.Request) {
			s.auth.Report(r, auth.Event{Kind: auth.EventCSRFFailed, Reason: "token"})
		}, []auth.Event{{Kind: auth.EventCSRFFailed, Reason: "token"}}},
		{"end of sessions", "", nil, func(r *http.Request) {
			_, _ = s.auth.EndSessions(r.Context(), s.sessions, bob())
		}, []auth.Event{{Kind: auth.EventEnded, UserID: "2", Records: 1}}},
		{"new password", key, nil, func(r *http.Request) {
			if err := s.auth.ChangePassword(r, "wonderland", "hunter2 hunter2"); err != nil {
				t.Error(err)
			}
		}, []auth.Event{{Kind: auth.EventPasswordChanged, UserID: "1"}}},
		{"reset", "", nil, func(r *http.Request) {
			_, _ = s.auth.ResetPassword(r, s.users.row("1"), "hunter2 hunter3")
		}, []auth.Event{{Kind: auth.EventPasswordReset, UserID: "1"}}},
		{"set", "", nil, func(r *http.Request) {
			_, _ = s.auth.SetPassword(r.Context(), s.users.row("1"), "hunter2 hunter4")
		}, []auth.Event{{Kind: auth.EventPasswordSet, UserID: "1"}}},
		{
			"logout", "login", nil, func(r *http.Request) { s.auth.Logout(r) },
			[]auth.Event{{Kind: auth.EventLogout, UserID: "2"}},
		},
		{"logout of nobody", "", nil, func(r *http.Request) { s.auth.Logout(r) }, nil},
	} {
		if c.key == "login" {
			c.key = s.login(t, s.users.row("2"))
		}
		l.err, events = c.limited, nil
		r, _ := http.NewRequest(http.MethodGet, "http://example.com/", nil)
		r.Header.Set("From", "192.0.2.1/32")
		s.send(func(_ http.ResponseWriter, r *http.Request) { c.do(r) }, c.key, r)
		for i := range c.want {
			c.want[i].Source = "192.0.2.1/32"
		}
		if !slices.Equal(events, c.want) {
			t.Errorf("%s: %+v\nwant %+v", c.name, events, c.want)
		}
	}
	text := log.String()
	if strings.Contains(text, "hunter2") || strings.Contains(text, key) {
		t.Errorf("the audit log has what was typed, or a key:\n%s", text)
	}
	for _, want := range []string{
		`level=INFO msg="security event" event=login user_id=1 login_method=password source=192.0.2.1/32`,
		`level=WARN msg="security event" event=limited user_id=1 source=192.0.2.1/32 purpose=login` +
			` bucket=account retry_after=1m0s`,
		`event=sessions_ended user_id=2 source=192.0.2.1/32 records=1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the audit log lacks %q:\n%s", want, text)
		}
	}
}

// bucketError is what package throttle has in its errors.
type bucketError struct{}

func (bucketError) Error() string  { return "too many attempts" }
func (bucketError) Bucket() string { return "account" }

type discard struct{ header http.Header }

func (w *discard) Header() http.Header         { return w.header }
func (w *discard) Write(p []byte) (int, error) { return len(p), nil }
func (w *discard) WriteHeader(int)             {}

// TestProbeHearsOfALogin: as a whole, of the limiter and of the hash, each within the login.
func TestProbeHearsOfALogin(t *testing.T) {
	p := &probe{}
	s := newSite(t, &auth.Options{Limiter: &limiter{}, Probe: p})
	s.do(func(_ http.ResponseWriter, r *http.Request) { _, _ = s.auth.Authenticate(r, "alice", "wonderland") }, "")
	got := strings.Join(p.heard, ", ")
	if got != "begin auth.login, auth.login/begin auth.limit, auth.login/end auth.limit <nil>, end auth.login <nil>" {
		t.Error(got)
	}
}

// A probe notes what it hears, and in which work.
type probe struct{ heard []string }

type within struct{}

func (p *probe) Begin(ctx context.Context, op session.Op) context.Context {
	outer, _ := ctx.Value(within{}).(string)
	p.heard = append(p.heard, outer+"begin "+op.String())
	return context.WithValue(ctx, within{}, outer+op.String()+"/")
}

func (p *probe) End(ctx context.Context, w session.Work) {
	outer, _ := strings.CutSuffix(ctx.Value(within{}).(string), w.Op.String()+"/")
	err := "<nil>"
	if w.Err != nil {
		err = w.Err.Error()
	}
	p.heard = append(p.heard, outer+"end "+w.Op.String()+" "+err)
}
