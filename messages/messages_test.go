package messages_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

const siteKey = "kx9Wq2mVt7Rb4Zn8Lc5Hd1Jf6Gs3Py0Ua-Oe_Ti.Bw+Qr/Xz=Yv"

// keys are those of the tests' sites.
var keys = secrettest.Keys(siteKey)

// A visitor has a browser's cookies, and a site whose pages are functions.
type visitor struct {
	t     *testing.T
	store session.Store
	url   string
	http  *http.Client
	page  http.HandlerFunc
	log   *bytes.Buffer
}

func visit(t *testing.T, o *messages.Options) *visitor {
	t.Helper()
	return visitKeys(t, keys, o)
}

func visitKeys(t *testing.T, keys secret.Keys, o *messages.Options) *visitor {
	t.Helper()
	v := &visitor{t: t, store: memstore.New(), log: &bytes.Buffer{}}
	if o == nil {
		o = &messages.Options{}
	}
	o.Logger = slog.New(slog.NewTextHandler(v.log, nil))
	m, err := messages.New(keys, o)
	if err != nil {
		t.Fatal(err)
	}
	sessions := noerror.In(session.New(v.store, &session.Options{Logger: o.Logger}))
	site := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { v.page(w, r) }))
	server := httptest.NewServer(sessions.Handler(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) { site.ServeHTTP(wrapped{w}, r) })))
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v.url, v.http = server.URL, &http.Client{Jar: jar}
	return v
}

// wrapped is the writer of a middleware in between.
type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (v *visitor) get(page http.HandlerFunc) *http.Response {
	v.t.Helper()
	v.page = page
	resp, err := v.http.Get(v.url)
	if err != nil {
		v.t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp
}

// cookie returns what the browser has under this name.
func (v *visitor) cookie(name string) string {
	r, _ := http.NewRequest(http.MethodGet, v.url, nil)
	for _, c := range v.http.Jar.Cookies(r.URL) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// take returns the texts of the messages that a page shows, with their tags.
func (v *visitor) take() string {
	v.t.Helper()
	var texts []string
	v.get(func(_ http.ResponseWriter, r *http.Request) {
		for _, m := range messages.Take(r) {
			texts = append(texts, m.Tags()+":"+m.Text)
		}
	})
	return strings.Join(texts, " ")
}

// TestMessagesAreShownOnce: on the next page that asks, in order.
func TestMessagesAreShownOnce(t *testing.T) {
	for _, storage := range []messages.Storage{messages.StorageFallback, messages.StorageCookie, messages.StorageSession} {
		v := visit(t, &messages.Options{Storage: storage})
		v.get(func(_ http.ResponseWriter, r *http.Request) {
			messages.Success(r, "saved")
			messages.Add(r, messages.Message{Level: messages.LevelError, Text: "but", ExtraTags: "big red"})
		})
		v.get(func(http.ResponseWriter, *http.Request) {}) // does not show them
		v.get(func(_ http.ResponseWriter, r *http.Request) { messages.Warning(r, "late") })
		if got := v.take(); got != "success:saved big red error:but warning:late" {
			t.Errorf("storage %d: shown are %q", storage, got)
		}
		if got := v.take(); got != "" {
			t.Errorf("storage %d: shown again are %q", storage, got)
		}
		if got := v.cookie("messages"); got != "" {
			t.Errorf("storage %d: the cookie is still %q", storage, got)
		}
		v.get(func(_ http.ResponseWriter, r *http.Request) {
			messages.Info(r, "one")
			if got := messages.Take(r); len(got) != 1 || len(messages.Take(r)) != 0 {
				t.Errorf("storage %d: taken at once are %v", storage, got)
			}
			messages.Info(r, "two")
		})
		if got := v.take(); got != "info:two" {
			t.Errorf("storage %d: shown are %q", storage, got)
		}
	}
}

// TestUntouchedCostsNothing: no cookie, no Vary, no session.
func TestUntouchedCostsNothing(t *testing.T) {
	v := visit(t, nil)
	for range 2 {
		resp := v.get(func(http.ResponseWriter, *http.Request) {})
		for _, name := range []string{"Vary", "Set-Cookie", "Cache-Control"} {
			if got := resp.Header.Get(name); got != "" {
				t.Errorf("%s: %s", name, got)
			}
		}
		v.get(func(_ http.ResponseWriter, r *http.Request) {
			messages.Debug(r, "below the level")
			messages.Info(r, "")
		})
	}
	resp := v.get(func(_ http.ResponseWriter, r *http.Request) { messages.Take(r) })
	if resp.Header.Get("Vary") != "Cookie" || len(resp.Cookies()) > 0 {
		t.Errorf("none are shown: headers %v", resp.Header)
	}
	resp = v.get(func(_ http.ResponseWriter, r *http.Request) { messages.Info(r, "x") })
	c := resp.Header.Get("Set-Cookie")
	if !strings.Contains(c, "HttpOnly; Path=/; SameSite=Lax") || strings.Contains(c, "Max-Age") ||
		resp.Header.Get("Vary") != "Cookie" || resp.Header.Get("Cache-Control") != "private" {
		t.Errorf("headers %v", resp.Header)
	}
	if v.cookie("sessionid") != "" {
		t.Error("a message has made a session")
	}
}

func add(n int, text string) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		for i := range n {
			messages.Info(r, fmt.Sprintf("%d%s", i, text))
		}
	}
}

// addNoise adds messages that do not compress, behind their number.
func addNoise(n int) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		for i := range n {
			text := fmt.Sprint(i)
			for j := range 10 {
				text += fmt.Sprintf("%x", sha256.Sum256([]byte{byte(i), byte(j)}))
			}
			messages.Info(r, text)
		}
	}
}

// TestOverflowIsKeptInTheSession: nothing is lost, and the order stays.
func TestOverflowIsKeptInTheSession(t *testing.T) {
	v := visit(t, nil)
	v.get(addNoise(6))
	if n := len(v.cookie("messages")); n == 0 || n > 2048 {
		t.Errorf("the cookie has %d characters", n)
	}
	if v.cookie("sessionid") == "" {
		t.Fatal("all has fit into the cookie")
	}
	v.get(add(1, "last"))
	got := strings.Fields(v.take())
	if len(got) != 7 || !strings.HasPrefix(got[0], "info:0") || !strings.HasPrefix(got[5], "info:5") ||
		got[6] != "info:0last" {
		t.Errorf("shown are %.300q", got)
	}
	if got := v.take(); got != "" {
		t.Errorf("shown again are %q", got)
	}
	v.get(func(_ http.ResponseWriter, r *http.Request) {
		if s := session.From(r); s.Has("_messages") || s.Has("_messages_ids") {
			t.Error("the session still has messages")
		}
	})
}

func TestCookieAloneDropsTheOldest(t *testing.T) {
	v := visit(t, &messages.Options{Storage: messages.StorageCookie})
	v.get(addNoise(6))
	got := strings.Fields(v.take())
	if n := len(got); n == 0 || n == 6 || !strings.HasPrefix(got[n-1], "info:5") || v.cookie("sessionid") != "" {
		t.Errorf("shown are %.300q", got)
	}
	if !strings.Contains(v.log.String(), "dropped") {
		t.Error("the log does not tell of it")
	}
}

// TestUnreadMessagesDoNotPileUp: the number of waiting messages has a limit.
func TestUnreadMessagesDoNotPileUp(t *testing.T) {
	v := visit(t, &messages.Options{Storage: messages.StorageSession})
	v.get(add(250, ""))
	if got := strings.Fields(v.take()); len(got) != 100 || got[99] != "info:249" {
		t.Errorf("%d wait, the last is %q", len(got), got[len(got)-1])
	}
}

// TestLongMessagesAreBounded: what waits can always be read again, and one that
// is too long takes no other with it.
func TestLongMessagesAreBounded(t *testing.T) {
	for _, storage := range []messages.Storage{messages.StorageFallback, messages.StorageSession} {
		v := visit(t, &messages.Options{Storage: storage})
		v.get(add(1, "first"))
		for range 3 {
			v.get(func(_ http.ResponseWriter, r *http.Request) {
				messages.Info(r, strings.Repeat("\x01", 50<<10)) // six bytes each in JSON
				messages.Info(r, strings.Repeat("x", 128<<10+1))
				messages.Add(r, messages.Message{Level: messages.LevelInfo, Text: "x", ExtraTags: strings.Repeat("x", 128<<10)})
			})
		}
		v.get(add(1, "last"))
		got := strings.Split(v.take(), " ")
		if len(got) != 3 || len(got[0]) != len("info:")+50<<10 || got[2] != "info:0last" {
			t.Errorf("storage %d: %d are shown: %.20q", storage, len(got), got)
		}
		if !strings.Contains(v.log.String(), "too long") {
			t.Errorf("storage %d: the log does not tell of it", storage)
		}
	}
}

// TestDamagedCookiesDoNoHarm: they are deleted.
func TestDamagedCookiesDoNoHarm(t *testing.T) {
	v := visit(t, nil)
	v.get(add(1, "hello"))
	good := v.cookie("messages")
	u, _ := http.NewRequest(http.MethodGet, v.url, nil)
	for _, bad := range []string{
		good + "x", "x" + good, good[:len(good)-1], strings.Replace(good, ":", ".", 1), "x", strings.Repeat("x", 4000),
	} {
		v.http.Jar.SetCookies(u.URL, []*http.Cookie{{Name: "messages", Value: bad}})
		if got := v.take(); got != "" {
			t.Errorf("%.40q shows %q", bad, got)
		}
		if got := v.cookie("messages"); got != "" {
			t.Errorf("%.40q is not deleted", bad)
		}
		v.http.Jar.SetCookies(u.URL, []*http.Cookie{{Name: "messages", Value: bad}})
		resp := v.get(func(w http.ResponseWriter, r *http.Request) {
			messages.Take(r)
			w.Header().Set("Cache-Control", "public, max-age=600")
		})
		if got := resp.Header.Get("Cache-Control"); got != "private" {
			t.Errorf("%.40q is deleted for others, too: Cache-Control %q", bad, got)
		}
	}
	v.get(func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("_messages", "no list") })
	v.get(addNoise(6))
	if got := v.take(); len(strings.Fields(got)) != 6 {
		t.Errorf("a damaged session shows %.100q", got)
	}
}

// TestTakingTooLateIsLogged: once per request, and only if it was too late.
func TestTakingTooLateIsLogged(t *testing.T) {
	for about, c := range map[string]struct {
		page   http.HandlerFunc
		logged int
		left   string
	}{
		"in time": {func(w http.ResponseWriter, r *http.Request) {
			messages.Take(r)
			_, _ = w.Write([]byte("x"))
			messages.Take(r)
		}, 0, ""},
		"after an early hint": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			messages.Take(r)
		}, 0, ""},
		"taken late": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte("x"))
			messages.Take(r)
		}, 1, "info:0"},
		"added late, twice": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			messages.Info(r, "lost")
			messages.Take(r)
		}, 1, "info:0"},
	} {
		v := visit(t, nil)
		v.get(add(1, ""))
		v.get(c.page)
		if n := strings.Count(v.log.String(), "level=ERROR"); n != c.logged || n != strings.Count(v.log.String(), "into a buffer") {
			t.Errorf("%s: %d errors are logged, want %d: %s", about, n, c.logged, v.log)
		}
		if got := v.take(); got != c.left {
			t.Errorf("%s: left are %q, want %q", about, got, c.left)
		}
	}
}

func TestStoreThatIsDownIs503(t *testing.T) {
	m, err := messages.New(keys, &messages.Options{Storage: messages.StorageSession})
	if err != nil {
		t.Fatal(err)
	}
	store := failing{memstore.New()}
	sessions := noerror.In(session.New(store, &session.Options{Logger: slog.New(slog.DiscardHandler)}))
	for _, page := range []http.HandlerFunc{
		func(_ http.ResponseWriter, r *http.Request) { messages.Take(r) },
		func(_ http.ResponseWriter, r *http.Request) { messages.Info(r, "x") },
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(&http.Cookie{Name: "sessionid", Value: strings.Repeat("a", 32)})
		w := httptest.NewRecorder()
		sessions.Handler(m.Handler(page)).ServeHTTP(w, r)
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("status %d, want 503", w.Code)
		}
	}
}

func TestOlderKeysAreRead(t *testing.T) {
	old, err := messages.New(secrettest.Keys("an older key"), nil)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	old.Handler(add(1, "hello")).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	v := visitKeys(t, secrettest.Keys(siteKey, "an older key"), nil)
	u, _ := http.NewRequest(http.MethodGet, v.url, nil)
	v.http.Jar.SetCookies(u.URL, []*http.Cookie{{Name: "messages", Value: w.Result().Cookies()[0].Value}})
	if got := v.take(); got != "info:0hello" {
		t.Errorf("shown are %q", got)
	}
}

func TestTagsAndLevels(t *testing.T) {
	v := visit(t, &messages.Options{
		MinLevel: 15, Tags: map[messages.Level]string{messages.LevelError: "danger", 17: "own"},
	})
	v.get(func(_ http.ResponseWriter, r *http.Request) {
		for _, level := range []messages.Level{messages.LevelDebug, 17, 18, messages.LevelError} {
			messages.Add(r, messages.Message{Level: level, Text: "x", LevelTag: "forged"})
		}
	})
	if got := v.take(); got != "own:x :x danger:x" {
		t.Errorf("shown are %q", got)
	}
}

func TestHTMLIsEscapedUnlessSafe(t *testing.T) {
	m := messages.Message{Text: `<b title="x">&</b>`}
	for m.Level = range messages.Level(100) {
		if got := m.HTML(); got != `&lt;b title=&#34;x&#34;&gt;&amp;&lt;/b&gt;` {
			t.Errorf("level %d: HTML = %s", m.Level, got)
		}
	}
	m.Safe = true
	if got := m.HTML(); got != template.HTML(m.Text) {
		t.Errorf("Safe: HTML = %s", got)
	}
}

func TestRequestsDoNotPrintMessages(t *testing.T) {
	v := visit(t, nil)
	v.get(func(_ http.ResponseWriter, r *http.Request) {
		messages.Info(r, "SENTINEL")
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "ctx", r.Context())
		if text := fmt.Sprintf("%v %+v %#v", r.Context(), r.Context(), r.Context()) + log.String(); strings.Contains(text, "SENTINEL") {
			t.Errorf("printed is %s", text)
		}
	})
}

func TestImpossibleOptions(t *testing.T) {
	for _, o := range []messages.Options{
		{Storage: 3},
		{Storage: -1},
		{Cookie: cookie.Options{Name: "a b"}},
		{Cookie: cookie.Options{Domain: "a;b"}},
		{Cookie: cookie.Options{Name: "__Host-a", Domain: "example.com"}},
	} {
		if m, err := messages.New(keys, &o); err == nil || m != nil {
			t.Errorf("%+v: no error", o)
		}
	}
	if _, err := messages.New(secret.Keys{}, nil); err == nil {
		t.Error("no keys: no error")
	}
}

// TestRequestByHeaderGetsNoCookie: its messages are in its session.
func TestRequestByHeaderGetsNoCookie(t *testing.T) {
	cookies, err := session.Cookies(nil)
	if err != nil {
		t.Fatal(err)
	}
	sessions := noerror.In(session.New(memstore.New(), &session.Options{Transport: session.Bearer(cookies)}))
	for _, storage := range []messages.Storage{messages.StorageFallback, messages.StorageCookie, messages.StorageSession} {
		m, err := messages.New(keys, &messages.Options{Storage: storage})
		if err != nil {
			t.Fatal(err)
		}
		visit := func(key string, page http.HandlerFunc) http.Header {
			r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
			r.Header.Set("Authorization", "Bearer "+key)
			sessions.Handler(m.Handler(page)).ServeHTTP(w, r)
			return w.Header()
		}
		h := visit("", func(_ http.ResponseWriter, r *http.Request) { messages.Info(r, "saved") })
		if h["Set-Cookie"] != nil {
			t.Errorf("storage %d: %v", storage, h)
		}
		visit(h.Get(session.KeyHeader), func(_ http.ResponseWriter, r *http.Request) {
			if list := messages.Take(r); len(list) != 1 || list[0].Text != "saved" {
				t.Errorf("storage %d: %v", storage, list)
			}
		})
	}
}

func TestWithoutHandlerPanics(t *testing.T) {
	defer func() {
		if fmt.Sprint(recover()) != "messages: Take: the request did not pass through Manager.Handler" {
			t.Error("no panic that says why")
		}
	}()
	messages.Take(httptest.NewRequest(http.MethodGet, "/", nil))
}

// TestWithDjango: each shows what the other has left.
func TestWithDjango(t *testing.T) {
	project := djangotest.Site(t, t.TempDir()+"/db.sqlite3", siteKey)
	const script = `
import json
from django.http import HttpRequest, HttpResponse
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages import constants
def request(value):
    r = HttpRequest()
    if value: r.COOKIES["messages"] = value
    r.session = {}
    return r
print(json.dumps([[m.level, m.message, m.extra_tags or ""] for m in CookieStorage(request(%q))]))
s = CookieStorage(request(None))
s.add(constants.WARNING, "von Django é☃😀", "a b")
s.add(constants.INFO, "x" * 500)
response = HttpResponse()
s.update(response)
print(response.cookies["messages"].value)
`
	v := visit(t, nil)
	v.get(func(_ http.ResponseWriter, r *http.Request) {
		messages.Success(r, "from Go é☃😀 <b>")
		messages.Add(r, messages.Message{Level: messages.LevelError, Text: strings.Repeat("y", 500), ExtraTags: "t"})
	})
	out := strings.Split(strings.TrimSpace(project.Run(fmt.Sprintf(script, v.cookie("messages")))), "\n")
	want := `[[25, "from Go \u00e9\u2603\ud83d\ude00 <b>", ""], [40, "` + strings.Repeat("y", 500) + `", "t"]]`
	if len(out) != 2 || out[0] != want {
		t.Fatalf("Django shows %s", out)
	}
	u, _ := http.NewRequest(http.MethodGet, v.url, nil)
	v.http.Jar.SetCookies(u.URL, []*http.Cookie{{Name: "messages", Value: out[1]}})
	if got := v.take(); got != "a b warning:von Django é☃😀 info:"+strings.Repeat("x", 500) {
		t.Errorf("shown are %q", got)
	}
}

func ExampleManager() {
	notices, err := messages.New(secrettest.Keys("a secret of 50 random characters"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	page := template.Must(template.New("").Parse(
		`{{range call .Messages}}<p class="{{.Tags}}">{{.HTML}}</p>{{end}}`))
	mux := http.NewServeMux()
	mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		messages.Success(r, "Your profile was saved.")
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		var text bytes.Buffer
		if err := page.Execute(&text, map[string]any{"Messages": messages.Func(r)}); err != nil {
			http.Error(w, "Internal server error", http.StatusInternalServerError)
			return
		}
		_, _ = text.WriteTo(w)
	})
	sessions := noerror.In(session.New(memstore.New(), nil))
	handler := sessions.Handler(notices.Handler(mux))

	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(w.Result().Cookies()[0])
	w = httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	fmt.Println(w.Body)
	// Output: <p class="success">Your profile was saved.</p>
}
