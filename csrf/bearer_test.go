package csrf_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// A pagesAndAPI is a site whose sessions travel by a cookie or by the header
// Authorization, and whose forms are protected. It changes the item "name".
type pagesAndAPI struct {
	sessions *session.Manager
	handler  http.Handler
	saw      string // the name in the session of the last request that passed
}

func newPagesAndAPI(t *testing.T, o csrf.Options) *pagesAndAPI {
	t.Helper()
	cookies, err := session.Cookies(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &pagesAndAPI{sessions: noerror.In(session.New(memstore.New(), &session.Options{Transport: session.Bearer(cookies)}))}
	s.handler = s.sessions.Handler(protect(t, o).Handler(http.HandlerFunc(
		func(_ http.ResponseWriter, r *http.Request) {
			s.saw = session.Item[string]("name").Get(session.From(r), "")
			session.From(r).Set("name", r.URL.Query().Get("name"))
			csrf.Rotate(r)
			csrf.Token(r)
		})))
	return s
}

// post sends a request as another site's page may have it sent, and more.
func (s *pagesAndAPI) post(name string, headers ...string) *httptest.ResponseRecorder {
	s.saw = "refused"
	r := httptest.NewRequest("POST", "https://example.com/?name="+name, nil)
	for _, header := range headers {
		field, value, _ := strings.Cut(header, ": ")
		r.Header.Add(field, value)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// login returns the keys of a session that travels by the header, and of one
// that travels by the cookie, as headers of requests.
func (s *pagesAndAPI) login(t *testing.T) (bearer, page string) {
	t.Helper()
	w := s.post("api", "Authorization: Bearer")
	bearer = "Authorization: Bearer " + w.Header().Get(session.KeyHeader)
	visitor, err := s.sessions.ByKey(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	visitor.Set("name", "page")
	if err := visitor.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	return bearer, "Cookie: sessionid=" + visitor.Key()
}

// TestBearerIsNotChecked: no page of another site can have a request sent with
// that header, unless this site allows it by CORS.
func TestBearerIsNotChecked(t *testing.T) {
	for _, inSession := range []bool{false, true} {
		s := newPagesAndAPI(t, csrf.Options{UseSessions: inSession, CrossOrigin: http.NewCrossOriginProtection()})
		bearer, page := s.login(t)
		for want, headers := range map[string][]string{
			"api":   {bearer},
			"api ":  {bearer, page},
			"api  ": {bearer, page, "Origin: https://evil.example", "Sec-Fetch-Site: cross-site"},
		} {
			w := s.post("api", headers...)
			if s.saw != strings.TrimSpace(want) || w.Header()["Set-Cookie"] != nil {
				t.Errorf("%q: saw %q; %v", headers, s.saw, w.Header())
			}
		}
	}
}

// TestOnlyBearerIsNotChecked: whatever else a page of another site can have
// sent is checked, and so is what browsers add.
func TestOnlyBearerIsNotChecked(t *testing.T) {
	for _, inSession := range []bool{false, true} {
		s := newPagesAndAPI(t, csrf.Options{UseSessions: inSession})
		bearer, page := s.login(t)
		forged := "X-CSRFToken: " + strings.Repeat("a", 32)
		for _, headers := range [][]string{
			{page},
			{page, forged},
			{page, forged, "Origin: https://example.com"},
			{page, "Authorization: Basic am9objpkb2U="},
			{page, "Authorization: Negotiate Bearer"},
			{page, "Authorization: " + strings.TrimPrefix(bearer, "Authorization: Bearer ")},
			{page, "X-Authorization: Bearer x"},
			{page, "Proxy-Authorization: Bearer x"},
			{"Accept: */*"}, // a login
			{},
		} {
			if w := s.post("forged", headers...); s.saw != "refused" || w.Code != http.StatusForbidden {
				t.Errorf("%q: passed with %d", headers, w.Code)
			}
		}
	}
}

// TestBearerWithoutAKeyIsNobody: it is not checked, and so it must not have the
// session of the cookie, nor leave one there, as a forged login would.
func TestBearerWithoutAKeyIsNobody(t *testing.T) {
	s := newPagesAndAPI(t, csrf.Options{})
	_, page := s.login(t)
	for _, header := range []string{
		"Authorization: Bearer", "Authorization: Bearer  ", "Authorization: Bearer made-up",
		"Authorization: Bearer " + strings.Repeat("a", 32),
	} {
		w := s.post("forged", page, header)
		if s.saw != "" || w.Header()["Set-Cookie"] != nil {
			t.Errorf("%q: saw %q; %v", header, s.saw, w.Header())
		}
	}
}

// TestHeaderOfAnInnerSessionExcusesNothingOfAnOuterOne, whose cookie the
// browser has added.
func TestHeaderOfAnInnerSessionExcusesNothingOfAnOuterOne(t *testing.T) {
	outer := noerror.In(session.New(memstore.New(), nil))
	inner := noerror.In(session.New(memstore.New(), &session.Options{Transport: session.Bearer(nil)}))
	handler := outer.Handler(inner.Handler(protect(t, csrf.Options{}).Handler(http.HandlerFunc(
		func(http.ResponseWriter, *http.Request) { t.Error("the request passed") }))))
	for _, header := range []string{"", "Bearer", "Bearer " + strings.Repeat("a", 32)} {
		r := httptest.NewRequest("POST", "https://example.com/", nil)
		r.Header.Set("Authorization", header)
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
}

// TestRefererOfTheSessionsDomain is known without being told.
func TestRefererOfTheSessionsDomain(t *testing.T) {
	for domain, want := range map[string]int{".example.com": http.StatusOK, "": http.StatusForbidden} {
		m := noerror.In(session.New(memstore.New(), &session.Options{Cookie: cookie.Options{Domain: domain}}))
		p := protect(t, csrf.Options{UseSessions: true})
		var token string
		pages := m.Handler(p.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			token = csrf.Token(r)
		})))
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequest("GET", "https://www.example.com/", nil))
		r := httptest.NewRequest("POST", "https://www.example.com/", nil)
		r.AddCookie(w.Result().Cookies()[0])
		r.Header.Set("Referer", "https://shop.example.com/form")
		r.Header.Set("X-CSRFToken", token)
		w = httptest.NewRecorder()
		pages.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d, want %d", domain, w.Code, want)
		}
	}
}
