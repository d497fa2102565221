package custommiddleware

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// serve answers a request for a URL, with cookies of earlier answers.
func serve(h http.Handler, url string, cookies ...*http.Cookie) *http.Response {
	r, w := httptest.NewRequest("GET", url, nil), httptest.NewRecorder()
	for _, c := range cookies {
		r.AddCookie(c)
	}
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestFirstPageIsAddedToEverySession(t *testing.T) {
	m := noerror.In(session.New(memstore.New(), nil))
	var got string
	site := m.Handler(FirstPage(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = firstPage.Get(session.From(r), "")
	})))
	first := serve(site, "/shop")
	serve(site, "/pay", first.Cookies()...)
	if got != "/shop" {
		t.Errorf("the first page is %q", got)
	}
}

func TestTenantsHaveCookiesOfTheirOwn(t *testing.T) {
	tenants, err := NewTenants(map[string]string{"a.example": "a_session", "b.example": "b_session"})
	if err != nil {
		t.Fatal(err)
	}
	m := noerror.In(session.New(memstore.New(), &session.Options{Transport: tenants}))
	var visits int
	site := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		visits = session.Item[int]("visits").Update(session.From(r), 0, func(n int) int { return n + 1 })
	}))
	cookies := serve(site, "https://a.example/").Cookies()
	if len(cookies) != 1 || cookies[0].Name != "a_session" {
		t.Fatalf("%v", cookies)
	}
	if serve(site, "https://a.example/", cookies...); visits != 2 {
		t.Errorf("the tenant does not find its session: visit %d", visits)
	}
	if serve(site, "https://b.example/", cookies...); visits != 1 {
		t.Errorf("another tenant finds the session: visit %d", visits)
	}
	if c := serve(site, "https://nobody.example/", cookies...).Cookies(); len(c) != 0 || visits != 1 {
		t.Errorf("a host of nobody: %v", c)
	}
	if _, err := NewTenants(map[string]string{"a.example": "a session"}); err == nil {
		t.Error("a name that browsers drop is taken")
	}
}

// A downStore cannot be asked.
type downStore struct{ session.Store }

func (downStore) Load(context.Context, string) (session.Record, error) {
	return session.Record{}, errors.New("connection refused")
}

func TestErrorsAreAnsweredInTheSitesWords(t *testing.T) {
	m := noerror.In(session.New(memstore.New(), &session.Options{ErrorHandler: AnswerError, Logger: quiet}))
	site := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s := session.From(r)
		if r.URL.Path == "/late" {
			if err := m.Delete(r.Context(), s.Key()); err != nil { // as a logout in another tab
				t.Error(err)
			}
		}
		s.Set("a", 1)
	}))
	for want, status := range map[string]int{"7": http.StatusTooManyRequests, "8": http.StatusServiceUnavailable} {
		seconds := noerror.In(strconv.Atoi(want))
		limited := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			session.Abort(r, &session.RetryError{
				Status: status, RetryAfter: time.Duration(seconds) * time.Second, Err: errors.New("too many"),
			})
		}))
		if resp := serve(limited, "/"); resp.StatusCode != status || resp.Header.Get("Retry-After") != want {
			t.Errorf("a limit with %d and %s: %s, after %q", status, want, resp.Status, resp.Header.Get("Retry-After"))
		}
	}
	cookies := serve(site, "/").Cookies()
	if resp := serve(site, "/late", cookies...); resp.StatusCode != http.StatusSeeOther ||
		resp.Header.Get("Location") != "/login" {
		t.Errorf("an ended session: %s", resp.Status)
	}
	down := noerror.In(session.New(downStore{memstore.New()}, &session.Options{
		Cookie: cookie.Options{Name: "down"}, ErrorHandler: AnswerError, Logger: quiet,
	}))
	cookies = append(cookies, &http.Cookie{Name: "down", Value: cookies[0].Value})
	resp := serve(down.Handler(site), "/", cookies...)
	if resp.StatusCode != http.StatusOK {
		t.Errorf("a session that nobody asked for: %s", resp.Status)
	}
	resp = serve(down.Require(site), "/", cookies...)
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") != "30" {
		t.Errorf("a store that is down: %s", resp.Status)
	}
}
