package attacks

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestBotWithoutCookiesLeavesFewRows: ten thousand visits of a page that writes
// to the session, by a program that keeps no cookies. It sees the page each
// time. Visitors with a session, and users who log in, do not notice, even from
// the same address; nor does a new visitor from another address.
func TestBotWithoutCookiesLeavesFewRows(t *testing.T) {
	s := open(t, nil)
	site := s.Handler(s.pages())
	before := s.visitor(t)
	before.get("/set?x=1")
	key := before.key()
	visit := func(address string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/set?x=bot", nil)
		r.RemoteAddr = address
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		return w
	}
	begin := time.Now()
	cookies := 0
	for range 10_000 {
		w := visit("127.0.0.1:1")
		if w.Code != http.StatusOK {
			t.Fatalf("the page: %d %s", w.Code, w.Body)
		}
		cookies += len(w.Result().Cookies())
	}
	if rows, most := s.rows(t), 1000+int(time.Since(begin)/time.Second)+2; rows > most || cookies > most {
		t.Errorf("%d rows and %d cookies, at most %d", rows, cookies, most)
	}
	if before.get("/set?x=2"); before.key() != key {
		t.Error("who was there before has lost the session")
	}
	s.visitor(t).login("alice")
	rows := s.rows(t)
	if w := visit("198.51.100.7:1"); len(w.Result().Cookies()) == 0 || s.rows(t) != rows+1 {
		t.Error("a new visitor from another address got no session")
	}
	if n := strings.Count(s.log.String(), "new sessions are not stored"); n < 1 || n > 1+int(time.Since(begin)/time.Minute) {
		t.Errorf("the log tells it %d times", n)
	}
}

// TestNoLimitOfNewSessions: for a site that wants Django's behaviour.
func TestNoLimitOfNewSessions(t *testing.T) {
	s := open(t, map[string]string{"NEW_SESSION_LIMIT": "none"})
	site := s.Handler(s.pages())
	for range 1100 {
		site.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/set?x=bot", nil))
	}
	if rows := s.rows(t); rows != 1100 {
		t.Errorf("%d rows", rows)
	}
}

func (s *site) rows(t *testing.T) int {
	t.Helper()
	var n int
	if err := s.Database.DB.QueryRowContext(t.Context(), "SELECT count(*) FROM django_session").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
