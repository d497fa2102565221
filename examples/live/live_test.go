package live_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/examples/live"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
	_ "github.com/jamsession/jamsession/site/sqlite"
)

// A server is a site with a board, and what ends it.
type server struct {
	*site.Site
	http *httptest.Server
}

func start(t *testing.T) *server {
	t.Helper()
	s, err := settings.Load(settings.Sources{Flags: map[string]string{
		"SECRET_KEY":        "p4Yt7wq0Zr8Vd2Lx6Nb3Ms9Kc5Jh1Gf-Qe_Ta.Uo+Wi/Xy=RlHg",
		"DATABASE_URL":      "sqlite:///" + filepath.Join(t.TempDir(), "site.db"),
		"PBKDF2_ITERATIONS": "10",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := site.Migrate(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	here, err := site.Open(t.Context(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = here.Close() })
	if _, err := here.Users().Create(t.Context(), auth.User{Username: "ann", IsActive: true, Password: "!"}); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/board/", live.New(here))
	mux.HandleFunc("GET /token", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, csrf.Token(r)) })
	mux.HandleFunc("POST /login", func(_ http.ResponseWriter, r *http.Request) {
		user, err := here.Users().ByUsername(r.Context(), "ann")
		if err == nil {
			err = here.Auth.Login(r, user)
		}
		if err != nil {
			session.Abort(r, err)
		}
	})
	mux.HandleFunc("POST /logout", func(_ http.ResponseWriter, r *http.Request) { here.Auth.Logout(r) })
	mux.HandleFunc("POST /others", func(_ http.ResponseWriter, r *http.Request) {
		if _, err := here.Devices().EndOthers(r); err != nil {
			session.Abort(r, err)
		}
	})
	srv := httptest.NewServer(here.Handler(mux))
	t.Cleanup(srv.Close)
	return &server{here, srv}
}

// A browser keeps cookies.
type browser struct {
	t   *testing.T
	url string
	*http.Client
}

// visit returns a browser that is logged in.
func (s *server) visit(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t, s.http.URL, &http.Client{Jar: jar}}
	b.post("/login", "")
	return b
}

// get has an end, so that a page that stays open fails the test.
func (b *browser) get(path string) *http.Response {
	b.t.Helper()
	resp, err := b.try(path)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp
}

func (b *browser) try(path string) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(b.t.Context(), 20*time.Second)
	b.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url+path, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Sec-Fetch-Mode", "cors") // of a script
	resp, err := b.Do(r)
	if err != nil {
		return nil, err
	}
	b.t.Cleanup(func() { _ = resp.Body.Close() })
	return resp, nil
}

func (b *browser) post(path, line string) {
	b.t.Helper()
	token, err := io.ReadAll(b.get("/token").Body)
	if err != nil {
		b.t.Fatal(err)
	}
	resp, err := b.PostForm(b.url+path, url.Values{"csrfmiddlewaretoken": {string(token)}, "line": {line}})
	if err != nil {
		b.t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b.t.Fatalf("%s: %d", path, resp.StatusCode)
	}
}

// A page is an open one: next returns the next line of the board, or how it has ended.
type page func() string

// kinds are the ways to have a page open.
var kinds = map[string]func(b *browser) page{
	"socket": func(b *browser) page {
		conn, resp, err := websocket.Dial(b.t.Context(), b.url+"/board/socket", &websocket.DialOptions{HTTPClient: b.Client})
		if err != nil {
			return func() string { return fmt.Sprint("refused ", resp.StatusCode) }
		}
		b.t.Cleanup(func() { _ = conn.CloseNow() })
		return func() string {
			ctx, cancel := context.WithTimeout(b.t.Context(), 20*time.Second)
			defer cancel()
			_, line, err := conn.Read(ctx)
			switch websocket.CloseStatus(err) {
			case websocket.StatusPolicyViolation:
				return "ended"
			case websocket.StatusGoingAway:
				return "later"
			}
			if err != nil {
				return err.Error()
			}
			return string(line)
		}
	},
	"events": func(b *browser) page {
		resp := b.get("/board/events")
		if resp.StatusCode != http.StatusOK {
			return func() string { return fmt.Sprint("refused ", resp.StatusCode) }
		}
		lines := bufio.NewScanner(resp.Body)
		return func() string {
			for lines.Scan() {
				if line, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
					return strings.Trim(line, `"`)
				}
				if lines.Text() == "event: ended" {
					return "ended"
				}
			}
			return "later"
		}
	},
	"poll": func(b *browser) page {
		seen, began := 0, false
		return func() string {
			resp, err := b.try(fmt.Sprint("/board/poll?seen=", seen))
			if err != nil { // nobody serves any more
				return "later"
			}
			text, _ := io.ReadAll(resp.Body)
			switch {
			case resp.StatusCode == http.StatusUnauthorized && !began:
				return "refused 401"
			case resp.StatusCode == http.StatusUnauthorized:
				return "ended"
			case resp.StatusCode == http.StatusNoContent:
				return "later"
			}
			seen, began = seen+1, true
			return strings.Split(string(text), `"`)[3]
		}
	},
}

// TestEachEndsWithItsLogin, and with nothing else: the page of the one who ends it goes on.
func TestEachEndsWithItsLogin(t *testing.T) {
	s := start(t)
	here := s.visit(t)
	for name, open := range kinds {
		for way, end := range map[string]func(there *browser){
			"from another device": func(*browser) { here.post("/others", "") },
			"by a logout":         func(there *browser) { there.post("/logout", "") },
		} {
			t.Run(name+" "+way, func(t *testing.T) {
				here.t = t
				there := s.visit(t)
				here.post("/board/", "tea")
				page, own := open(there), open(here)
				if got := page(); got != "tea" {
					t.Fatalf("the board shows %q", got)
				}
				drain(here, page, own)
				// The next thing that happens is the end.
				said := make(chan string, 1)
				go func() { said <- page() }()
				end(there)
				if got := <-said; got != "ended" {
					t.Errorf("the page gets %q", got)
				}
				if got := open(there)(); got != "refused 401" {
					t.Errorf("it opens again: %q", got)
				}
				here.post("/board/", "milk")
				if got := own(); got != "milk" {
					t.Errorf("the page here gets %q", got)
				}
			})
		}
	}
}

// drain reads up to a line that is new.
func drain(b *browser, pages ...page) {
	b.t.Helper()
	mark := rand.Text()
	b.post("/board/", mark)
	for _, page := range pages {
		for got := page(); got != mark; got = page() {
			if got == "ended" || got == "later" || strings.HasPrefix(got, "refused") {
				b.t.Fatalf("the page gets %q", got)
			}
		}
	}
}

// TestPageOfAnEarlierServer gets the lines of this one, though it has seen more of them.
func TestPageOfAnEarlierServer(t *testing.T) {
	s := start(t)
	b := s.visit(t)
	b.post("/board/", "tea")
	for _, seen := range []string{"57", "-1"} {
		if text, err := io.ReadAll(b.get("/board/poll?seen=" + seen).Body); !strings.Contains(string(text), "tea") {
			t.Errorf("after %s: %s, %v", seen, text, err)
		}
	}
}

// TestEachEndsWithTheServer, which waits for them when it shuts down.
func TestEachEndsWithTheServer(t *testing.T) {
	s := start(t)
	b := s.visit(t)
	var pages []page
	for _, open := range kinds {
		pages = append(pages, open(b))
	}
	drain(b, pages...)
	said := make(chan string, len(pages))
	for _, page := range pages {
		go func() {
			said <- page()
		}()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.http.Config.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	for range pages {
		if got := <-said; got != "later" {
			t.Errorf("a page gets %q", got)
		}
	}
}

// TestSocketOfAnotherSiteIsRefused, though the browser sends the cookies.
func TestSocketOfAnotherSiteIsRefused(t *testing.T) {
	s := start(t)
	b := s.visit(t)
	_, resp, err := websocket.Dial(t.Context(), b.url+"/board/socket", &websocket.DialOptions{
		HTTPClient: b.Client, HTTPHeader: http.Header{"Origin": {"https://evil.example"}},
	})
	if err == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("error %v, %v", err, resp)
	}
}
