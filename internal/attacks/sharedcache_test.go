package attacks

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// A sharedCache is in front of a site and keeps whatever RFC 9111 lets a
// shared cache keep, forever.
type sharedCache struct {
	next   http.Handler
	stored map[string][]entry // by method and URL
	hits   int
}

type entry struct {
	vary     map[string]string // the request's headers that the answer depends on
	response *httptest.ResponseRecorder
	body     []byte
}

func (c *sharedCache) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := r.Method + " " + r.URL.String()
	for _, e := range c.stored[key] {
		if e.matches(r) {
			c.hits++
			e.replay(w)
			return
		}
	}
	recorder := httptest.NewRecorder()
	c.next.ServeHTTP(recorder, r)
	e := entry{response: recorder, body: bytes.Clone(recorder.Body.Bytes())}
	if mayStore(r, recorder) {
		e.vary = map[string]string{}
		for _, name := range tokens(recorder.Header(), "Vary") {
			e.vary[name] = r.Header.Get(name)
		}
		c.stored[key] = append(c.stored[key], e)
	}
	e.replay(w)
}

// mayStore is RFC 9111, section 3, for a cache that makes up how long an
// answer is fresh (section 4.2.2), which no answer here says.
func mayStore(r *http.Request, w *httptest.ResponseRecorder) bool {
	heuristic := map[int]bool{200: true, 203: true, 204: true, 300: true, 301: true, 308: true, 404: true, 405: true, 410: true, 501: true}
	control := strings.ToLower(strings.Join(tokens(w.Header(), "Cache-Control"), ","))
	switch {
	case r.Method != http.MethodGet, r.Header.Get("Authorization") != "", !heuristic[w.Code]:
		return false
	case strings.Contains(control, "no-store"), strings.Contains(control, "private"), strings.Contains(control, "no-cache"):
		return false
	default:
		return !strings.Contains(strings.Join(tokens(w.Header(), "Vary"), ","), "*")
	}
}

func tokens(h http.Header, name string) []string {
	var list []string
	for _, line := range h.Values(name) {
		for token := range strings.SplitSeq(line, ",") {
			list = append(list, strings.TrimSpace(token))
		}
	}
	return list
}

func (e entry) matches(r *http.Request) bool {
	for name, value := range e.vary {
		if r.Header.Get(name) != value {
			return false
		}
	}
	return true
}

func (e entry) replay(w http.ResponseWriter) {
	for name, values := range e.response.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(e.response.Code)
	_, _ = w.Write(e.body)
}

// TestA26SharedCacheGivesNobodyAnothersPage: three visitors visit random pages
// through the greediest cache that the standard allows.
func TestA26SharedCacheGivesNobodyAnothersPage(t *testing.T) {
	for _, vars := range []map[string]string{{}, {"CSRF_USE_SESSIONS": "true"}, {"SESSION_SAVE_EVERY_REQUEST": "true"}} {
		t.Run(fmt.Sprint(vars), func(t *testing.T) {
			s := open(t, vars)
			cache := &sharedCache{next: s.Handler(s.pages()), stored: map[string][]entry{}}
			server := httptest.NewServer(cache)
			t.Cleanup(server.Close)
			s.url = server.URL
			names := []string{"alice", "bob", ""}
			var visitors []*visitor
			for _, name := range names {
				v := s.visitor(t)
				visitors = append(visitors, v)
				if name != "" {
					v.login(name)
				}
				v.get("/set?x=" + name)
			}
			random := rand.New(rand.NewPCG(1, 2)) // the same visits in each run
			paths := []string{
				"/whoami", "/account/", "/account/x.css", "/form", "/public", "/notes", "/set?x=1", "/missing", "/logout",
			}
			owner := map[string]*visitor{} // of cookies and tokens
			for range 600 {
				i := random.IntN(len(visitors))
				if i == 2 && random.IntN(4) == 0 {
					visitors[2] = s.visitor(t) // comes for the first time, without cookies
				}
				path := paths[random.IntN(len(paths))]
				_, body := visitors[i].do(http.MethodGet, path, nil, nil)
				seen := []string{visitors[i].key(), visitors[i].cookie("csrftoken")}
				if path == "/form" { // a token, in which "bob" may stand by chance
					seen, body = append(seen, body), ""
				}
				for j, name := range names {
					if j != i && name != "" && strings.Contains(body, name) {
						t.Fatalf("%s: visitor %d got a page of %s", path, i, name)
					}
				}
				for _, secret := range seen {
					if other := owner[secret]; other != nil && other != visitors[i] && secret != "" {
						t.Fatalf("%s: visitor %d got the secret of another", path, i)
					}
					owner[secret] = visitors[i]
				}
			}
			if cache.hits == 0 {
				t.Error("the cache has never answered")
			}
		})
	}
}

// TestA26PrivatePagesUnderNamesOfFiles: a cache that goes by the ending of the
// path is told not to keep the page, whatever the attacker appends.
func TestA26PrivatePagesUnderNamesOfFiles(t *testing.T) {
	s := open(t, nil)
	v := s.visitor(t)
	v.login("alice")
	for _, path := range []string{
		"/account/", "/account/x.css", "/account/;x.js", "/account/%2f..%2fx.png", "/account/x.css?y", "/account/%0ax.ico",
	} {
		r := &http.Request{Method: http.MethodGet, URL: mustOpaque(t, s.url, path), Header: http.Header{}}
		resp, err := v.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if !strings.Contains(string(body), "secrets of alice") {
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
		}
		if got := resp.Header.Get("Cache-Control"); !strings.Contains(got, "no-store") || !strings.Contains(got, "private") {
			t.Errorf("%s: Cache-Control %q", path, got)
		}
	}
}

// mustOpaque returns a URL whose path is sent as it is.
func mustOpaque(t *testing.T, base, path string) *url.URL {
	t.Helper()
	u := mustURL(t, base)
	u.Opaque = "//" + u.Host + path
	return u
}
