package integration

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

// A site is pages behind a manager. They answer with the visitor's number and
// a count, or with 403 to a visitor who is not logged in.
type site struct {
	handler http.Handler
	log     *logBuffer
}

// ran begins every page, so that a page that should not have been sent is
// recognised.
const ran = "handler ran: "

// newSite returns a site on a store. Options are those of the manager.
func newSite(store session.Store, o session.Options) *site {
	s := &site{log: new(logBuffer)}
	o.Logger = slog.New(slog.NewTextHandler(s.log, nil))
	s.handler = noerror.In(session.New(store, &o)).Handler(pages())
	return s
}

func pages() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/login/{uid}", func(w http.ResponseWriter, r *http.Request) {
		s := session.From(r)
		s.CycleKey()
		s.Set("uid", r.PathValue("uid"))
		session.Item[int]("n").Update(s, 0, func(n int) int { return n })
		show(w, s)
	})
	for path, act := range map[string]func(*session.Session){
		"/read":   func(*session.Session) {},
		"/write":  func(s *session.Session) { session.Item[int]("n").Update(s, 0, func(n int) int { return n + 1 }) },
		"/rotate": (*session.Session).CycleKey,
		"/logout": (*session.Session).Flush,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			s := session.From(r)
			if session.Item[string]("uid").Get(s, "") == "" {
				http.Error(w, "not logged in", http.StatusForbidden)
				return
			}
			act(s)
			show(w, s)
		})
	}
	return mux
}

func show(w http.ResponseWriter, s *session.Session) {
	fmt.Fprintf(w, "%s%s %d", ran, session.Item[string]("uid").Get(s, "nobody"), session.Item[int]("n").Get(s, 0))
}

// A response is what a visitor got.
type response struct {
	status int
	body   string
	key    string // of a session cookie that was set
	took   time.Duration
	cookie bool // a session cookie was set or removed
}

// get asks for a page with a session cookie, if key is not empty.
func (s *site) get(ctx context.Context, path, key string) response {
	r := httptest.NewRequestWithContext(ctx, "GET", path, nil)
	if key != "" {
		r.AddCookie(&http.Cookie{Name: "sessionid", Value: key})
	}
	w := httptest.NewRecorder()
	begin := time.Now()
	s.handler.ServeHTTP(w, r)
	got := response{status: w.Code, body: strings.TrimSpace(w.Body.String()), took: time.Since(begin)}
	for _, c := range w.Result().Cookies() {
		got.cookie = got.cookie || c.Name == "sessionid"
		if c.Name == "sessionid" && c.MaxAge >= 0 {
			got.key = c.Value
		}
	}
	return got
}

// page returns whose page it is and the count on it.
func (r response) page() (uid string, n int, err error) {
	text, ok := strings.CutPrefix(r.body, ran)
	uid, count, _ := strings.Cut(text, " ")
	n, err = strconv.Atoi(count)
	if !ok || err != nil {
		return "", 0, fmt.Errorf("no page: %q", r.body)
	}
	return uid, n, nil
}

// A logBuffer is safe for concurrent use.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
