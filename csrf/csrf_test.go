package csrf_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

var discard = slog.New(slog.DiscardHandler)

const (
	secret = "abcdefghijklmnopqrstuvwxyzABCDEF"
	other  = "GHIJKLMNOPQRSTUVWXYZ0123456789ab"
)

func protect(t testing.TB, o csrf.Options) *csrf.Protection {
	t.Helper()
	if o.Logger == nil {
		o.Logger = discard
	}
	p, err := csrf.New(&o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// view answers a token to GET and "done" to all else.
var view = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		_, _ = io.WriteString(w, csrf.Token(r))
		return
	}
	_, _ = io.WriteString(w, "done")
})

var nothing = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

// post is a form with a token in it, as a browser sends it from a page.
func post(cookie, token string) *http.Request {
	r := httptest.NewRequest("POST", "/pay", strings.NewReader("csrfmiddlewaretoken="+token))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "http://example.com")
	if cookie != "" {
		r.Header.Set("Cookie", "csrftoken="+cookie)
	}
	return r
}

func serve(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t testing.TB, res *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func cookieOf(t testing.TB, res *http.Response) string {
	t.Helper()
	cookies := res.Cookies()
	if len(cookies) != 1 {
		t.Fatalf("cookies: %v, want one", cookies)
	}
	return cookies[0].Value
}

func TestUntouchedRequestChangesNoHeader(t *testing.T) {
	for _, cookie := range []string{"", "csrftoken=" + secret} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", cookie)
		res := serve(protect(t, csrf.Options{}).Handler(nothing), r)
		if len(res.Header) != 0 {
			t.Errorf("cookie %q: headers %v", cookie, res.Header)
		}
	}
}

func TestTokenSendsTheCookie(t *testing.T) {
	h := protect(t, csrf.Options{}).Handler(view)
	res := serve(h, httptest.NewRequest("GET", "/", nil))
	value := cookieOf(t, res)
	if len(value) != 32 {
		t.Errorf("new visitor: cookie %q", value)
	}
	if res := serve(h, post(value, body(t, res))); res.StatusCode != http.StatusOK {
		t.Errorf("first form refused: %s", res.Status)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", "csrftoken="+secret)
	if got := cookieOf(t, serve(h, r)); got != secret {
		t.Errorf("known visitor: cookie %q, want the same anew", got)
	}
	if res.Header.Get("Vary") != "Cookie" || res.Header.Get("Cache-Control") != "private" {
		t.Errorf("a cache may keep it: %v", res.Header)
	}
}

func TestMalformedCookieIsReplaced(t *testing.T) {
	h := protect(t, csrf.Options{}).Handler(nothing)
	for _, bad := range []string{
		"", "x", secret[1:], secret + "x", "!" + secret[1:], secret + secret + "x",
	} {
		for _, r := range []*http.Request{httptest.NewRequest("GET", "/", nil), post("", bad)} {
			r.Header.Set("Cookie", "csrftoken="+bad)
			value := cookieOf(t, serve(h, r))
			if _, flaw := csrf.ParseToken(value); flaw != "" || value == bad {
				t.Errorf("%s with cookie %q: replaced by %q", r.Method, bad, value)
			}
		}
	}
}

func TestTokenDiffersAtEachCall(t *testing.T) {
	var tokens []string
	h := protect(t, csrf.Options{}).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		for range 50 {
			tokens = append(tokens, csrf.Token(r))
		}
	}))
	value := cookieOf(t, serve(h, httptest.NewRequest("GET", "/", nil)))
	for _, token := range tokens {
		if got, _ := csrf.ParseToken(token); got != value {
			t.Fatalf("token of %q, cookie %q", got, value)
		}
	}
	slices.Sort(tokens)
	if n := len(slices.Compact(tokens)); n != 50 {
		t.Errorf("%d different tokens of 50", n)
	}
}

func TestSecretsAreUniform(t *testing.T) {
	count := map[byte]int{}
	seen := map[string]bool{}
	for range 2000 {
		s := csrf.NewSecret()
		if len(s) != csrf.SecretLength || seen[s] {
			t.Fatalf("secret %q", s)
		}
		seen[s] = true
		for i := range len(s) {
			count[s[i]]++
		}
	}
	for i := range len(csrf.Alphabet) { // about 1032 each, six deviations are 192
		if n := count[csrf.Alphabet[i]]; n < 820 || n > 1250 {
			t.Errorf("%c: %d times", csrf.Alphabet[i], n)
		}
	}
}

func TestNoHostIsInTheEmptyDomain(t *testing.T) {
	if csrf.SameDomain("", "") {
		t.Error(`sameDomain("", "")`)
	}
}

func TestTokenOfAnotherVisitorIsRefused(t *testing.T) {
	h := protect(t, csrf.Options{}).Handler(view)
	res := serve(h, httptest.NewRequest("GET", "/", nil)) // the attacker's own visit
	if res := serve(h, post(secret, body(t, res))); res.StatusCode != http.StatusForbidden {
		t.Errorf("got %s", res.Status)
	}
}

// TestEveryCharacterOfTheSecretCounts, even in a token that is masked.
func TestEveryCharacterOfTheSecretCounts(t *testing.T) {
	h := protect(t, csrf.Options{}).Handler(view)
	if res := serve(h, post(secret, csrf.Mask(secret, csrf.NewSecret()))); res.StatusCode != http.StatusOK {
		t.Fatalf("the right token: %s", res.Status)
	}
	for i := range secret {
		other := byte('x')
		if secret[i] == other {
			other = 'y'
		}
		forged := secret[:i] + string(other) + secret[i+1:]
		for _, token := range []string{forged, csrf.Mask(forged, csrf.NewSecret())} {
			if res := serve(h, post(secret, token)); res.StatusCode != http.StatusForbidden {
				t.Errorf("character %d is another: %s", i, res.Status)
			}
		}
	}
}

// nosurf CVE-2020-36564: with a malformed secret everything was valid.
func TestMalformedTokensAreRefused(t *testing.T) {
	h := protect(t, csrf.Options{}).Handler(view)
	bad := []string{
		"", "a", " ", secret[:31], secret + "a", secret + secret[1:], secret + secret + "a",
		"!" + secret[1:], strings.Repeat("\x00", 32), strings.Repeat("é", 16), strings.Repeat("é", 32),
	}
	for _, token := range bad {
		r := post(secret, "")
		r.Header.Set("X-CSRFToken", token)
		for _, r := range []*http.Request{
			post(secret, token), post(token, token), post(token, secret), r,
		} {
			if res := serve(h, r); res.StatusCode != http.StatusForbidden {
				t.Errorf("token %q, %v: %s", token, r.Header, res.Status)
			}
		}
	}
}

func TestRotateMakesOldTokensFail(t *testing.T) {
	var tokens []string
	h := protect(t, csrf.Options{}).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		tokens = append(tokens, csrf.Token(r))
		csrf.Rotate(r)
		tokens = append(tokens, csrf.Token(r))
	}))
	res := serve(h, post(secret, secret))
	value := cookieOf(t, res) // one cookie, and the last
	if value == secret {
		t.Fatal("the secret is the old one")
	}
	for i, want := range []int{http.StatusForbidden, http.StatusOK} {
		if res := serve(h, post(value, tokens[i])); res.StatusCode != want {
			t.Errorf("token %d: %s, want %d", i, res.Status, want)
		}
	}
}

func TestOtherCookiesStay(t *testing.T) {
	h := protect(t, csrf.Options{}).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		csrf.Token(r)
		http.SetCookie(w, &http.Cookie{Name: "csrftoken2", Value: "x"})
		http.SetCookie(w, &http.Cookie{Name: "theme", Value: "dark"})
		csrf.Rotate(r)
	}))
	res := serve(h, httptest.NewRequest("GET", "/", nil))
	if got := res.Cookies(); len(got) != 3 || got[0].Name != "csrftoken2" || got[1].Name != "theme" {
		t.Errorf("got %v", got)
	}
}

func TestRotateWithoutHandlerDoesNothing(t *testing.T) {
	csrf.Rotate(httptest.NewRequest("GET", "/", nil))
}

func TestTokenWithoutHandlerPanics(t *testing.T) {
	defer func() {
		if text, _ := recover().(string); !strings.Contains(text, "Protection.Handler") {
			t.Errorf("panic %q", text)
		}
	}()
	csrf.Token(httptest.NewRequest("GET", "/", nil))
}

func TestSecondHandlerStepsAside(t *testing.T) {
	p := protect(t, csrf.Options{})
	var outer, inner string
	serve(p.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		outer, _ = csrf.ParseToken(csrf.Token(r))
		p.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			inner, _ = csrf.ParseToken(csrf.Token(r))
		})).ServeHTTP(w, r)
	})), httptest.NewRequest("GET", "/", nil))
	if outer != inner || inner == "" {
		t.Errorf("outer secret %q, inner %q", outer, inner)
	}
}

func TestHandlerKeepsTheCachePrivate(t *testing.T) {
	for before, want := range map[string]string{
		"":                   "private",
		"public, max-age=60": "private",
		"Private, max-age=9": "Private, max-age=9",
		"no-store":           "no-store",
	} {
		res := serve(protect(t, csrf.Options{}).Handler(http.HandlerFunc(
			func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Cache-Control", before)
				w.Header().Set("Vary", "Accept")
				csrf.Token(r)
			})), httptest.NewRequest("GET", "/", nil))
		if got := res.Header.Get("Cache-Control"); got != want {
			t.Errorf("%q became %q, want %q", before, got, want)
		}
		if got := res.Header.Get("Vary"); got != "Accept, Cookie" {
			t.Errorf("Vary: %q", got)
		}
	}
}

func TestRefusalIsLoggedWithoutToken(t *testing.T) {
	var text bytes.Buffer
	h := protect(t, csrf.Options{Logger: slog.New(slog.NewTextHandler(&text, nil))}).Handler(view)
	const wrong = "WRONGabcdefghijklmnopqrstuvwxyzA"
	r := post(secret, wrong)
	r.Header.Set("X-CSRFToken", wrong)
	res := serve(h, r)
	log := text.String()
	if !strings.Contains(log, "level=WARN") || !strings.Contains(log, "path=/pay") ||
		!strings.Contains(log, "CSRF token from POST incorrect.") {
		t.Errorf("log: %s", log)
	}
	for _, text := range []string{log, body(t, res)} {
		if strings.Contains(text, secret) || strings.Contains(text, wrong) {
			t.Errorf("it holds a token: %s", text)
		}
	}
}

func TestErrorNamesTheCheck(t *testing.T) {
	p := protect(t, csrf.Options{})
	err := p.Check(post("", secret))
	e, ok := errors.AsType[*csrf.Error](err)
	if !ok || !errors.Is(err, csrf.ErrCookie) || e.Error() != "csrf: CSRF cookie not set." {
		t.Errorf("got %#v", err)
	}
	if err := p.Check(post(secret, secret)); err != nil {
		t.Errorf("Check without Handler: %v", err)
	}
}

func TestUseSessions(t *testing.T) {
	store := memstore.New()
	sessions := noerror.In(session.New(store, &session.Options{Logger: discard}))
	p := protect(t, csrf.Options{UseSessions: true})
	h := sessions.Handler(p.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/logout" {
			session.From(r).Flush()
		}
		if r.URL.Path == "/login" {
			csrf.Rotate(r)
		}
		_, _ = io.WriteString(w, csrf.Token(r))
	})))
	visit := func(key, path, token string) (newKey, newToken string) {
		t.Helper()
		r := post("", token)
		if token == "" {
			r = httptest.NewRequest("GET", "/", nil)
		}
		r.URL.Path = path
		if key != "" {
			r.Header.Set("Cookie", "sessionid="+key)
		}
		res := serve(h, r)
		if res.StatusCode != http.StatusOK {
			return key, res.Status
		}
		for _, c := range res.Cookies() {
			if c.Name == "csrftoken" {
				t.Errorf("%s: a cookie of its own", path)
			}
			key = c.Value
		}
		return key, body(t, res)
	}
	key, token := visit("", "/", "")
	if s, err := sessions.ByKey(t.Context(), key); err != nil {
		t.Fatal(err)
	} else if text := session.Item[string]("_csrftoken").Get(s, ""); len(text) != 64 {
		t.Errorf("Django 3.2 cannot read %d characters", len(text))
	}
	if _, got := visit(key, "/", token); len(got) != 64 {
		t.Errorf("form refused: %s", got)
	}
	if _, got := visit(key, "/", secret); got != "403 Forbidden" {
		t.Errorf("token of another: %s", got)
	}
	key2, token2 := visit(key, "/login", token)
	if _, got := visit(key2, "/", token); got != "403 Forbidden" {
		t.Errorf("token from before the login: %s", got)
	}
	key3, token3 := visit(key2, "/logout", token2)
	if _, got := visit(key3, "/", token3); len(got) != 64 {
		t.Errorf("form after the logout: %s", got)
	}
}

// down is a store that cannot be asked.
type down struct{ session.Store }

func (down) Load(context.Context, string) (session.Record, error) {
	return session.Record{}, errors.New("down")
}

func TestStoreThatIsDownIsNotAForgery(t *testing.T) {
	sessions := noerror.In(session.New(down{memstore.New()}, &session.Options{Logger: discard}))
	p := protect(t, csrf.Options{UseSessions: true})
	r := post("", secret)
	r.Header.Set("Cookie", "sessionid=abcdefghijklmnopqrstuvwxyz012345")
	h := sessions.Handler(p.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the handler ran")
	})))
	if res := serve(h, r); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("got %s", res.Status)
	}
	sessions.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := p.Check(r); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("Check: %v", err)
		}
	})).ServeHTTP(httptest.NewRecorder(), r)
}

// TestTokenInSessionKeepsTheCachePrivate: a page with a token is nobody
// else's, even if the session, and so the cookie, stays as it is.
func TestTokenInSessionKeepsTheCachePrivate(t *testing.T) {
	sessions := noerror.In(session.New(memstore.New(), &session.Options{Logger: discard}))
	h := sessions.Handler(protect(t, csrf.Options{UseSessions: true}).Handler(
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=60")
			_, _ = io.WriteString(w, csrf.Token(r))
		})))
	r := httptest.NewRequest("GET", "/", nil)
	first := serve(h, r)
	r.Header.Set("Cookie", "sessionid="+first.Cookies()[0].Value)
	second := serve(h, r)
	if len(second.Cookies()) > 0 || second.Header.Get("Cache-Control") != "private" {
		t.Errorf("headers %v", second.Header)
	}
}

func TestContextShowsNoSecret(t *testing.T) {
	h := protect(t, csrf.Options{}).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
			if text := fmt.Sprintf(verb, r.Context()); strings.Contains(text, secret) {
				t.Errorf("%s shows %s", verb, text)
			}
		}
	}))
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", "csrftoken="+secret)
	serve(h, r)
}
