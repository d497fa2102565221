package integration

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/session"
	sites "github.com/jamsession/jamsession/site"
)

// endedEngines are the settings of sites on which logins are ended: all engines, and all
// databases that can have the rows.
var endedEngines = map[string]func(t *testing.T) map[string]string{
	"db on SQLite": func(t *testing.T) map[string]string { return on(sqliteURL(t), "db", "") },
	"db on PostgreSQL": func(t *testing.T) map[string]string {
		return on(servertest.Postgres(t).PostgresURL(), "db", "")
	},
	"db on MariaDB": func(t *testing.T) map[string]string {
		return on(mysqlURL(servertest.MariaDB(t)), "db", "")
	},
	"cache on Redis": func(t *testing.T) map[string]string {
		return on(servertest.Postgres(t).PostgresURL(), "cache", "redis://"+servertest.Redis(t).Addr)
	},
	"cache on Memcached": func(t *testing.T) map[string]string {
		return on(mysqlURL(servertest.MariaDB(t)), "cache", "memcached://"+servertest.Memcached(t).Addr)
	},
	"cached_db on Redis": func(t *testing.T) map[string]string {
		return on(sqliteURL(t), "cached_db", "redis://"+servertest.Redis(t).Addr)
	},
	"file": func(t *testing.T) map[string]string {
		vars := on(sqliteURL(t), "file", "")
		vars["SESSION_FILE_PATH"] = filepath.Join(t.TempDir(), "sessions")
		return vars
	},
	"signed_cookies": func(t *testing.T) map[string]string {
		return on(servertest.Postgres(t).PostgresURL(), "signed_cookies", "")
	},
}

func on(database, engine, cache string) map[string]string {
	vars := map[string]string{"DATABASE_URL": database, "SESSION_ENGINE": engine}
	if cache != "" {
		vars["CACHE_URL"] = cache
	}
	return vars
}

func sqliteURL(t *testing.T) string { return "sqlite:///" + filepath.Join(t.TempDir(), "site.db") }

// TestEndedMeansOut: two hundred requests are in flight at two sites when a login is ended at
// one of them. What they are told agrees with one moment at which it ended, no later than
// the answer to that; and a login that was not ended goes on.
func TestEndedMeansOut(t *testing.T) {
	for name, vars := range endedEngines {
		t.Run(name, func(t *testing.T) {
			if err := endInFlight(t, vars(t), nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestEndedMeansOutRejects: the check finds a process that does not look at the rows.
func TestEndedMeansOutRejects(t *testing.T) {
	vars := on(sqliteURL(t), "signed_cookies", "")
	if endInFlight(t, vars, map[string]string{"DEVICES": "none"}) == nil {
		t.Error("the check accepts it")
	}
}

// inFlightAtOnce is how many requests of a login are under way when it is ended.
const inFlightAtOnce = 200

// endInFlight returns what is wrong with what the requests are told. The second site has other
// settings as well.
func endInFlight(t *testing.T, vars, others map[string]string) error {
	t.Helper()
	var log logBuffer
	first := openEnded(t, vars, nil, &log)
	second := openEnded(t, vars, others, &log)
	if err := first.addUser(t.Context()); err != nil {
		t.Fatal(err)
	}
	here, there := first.visitor(), second.visitor()
	here.ask("/login")
	there.ask("/login")
	there.site = first // where it is listed, even if the second site does not list any
	id := there.ask("/own").body
	h := &endings{begin: time.Now()}
	start, ended := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	for i := range inFlightAtOnce {
		v := there.copy([]*endedSite{first, second}[i%2])
		path := "/who"
		if i%8 < 2 {
			path = "/count"
		}
		all.Go(func() {
			<-start
			h.do(i, v, asksWho, path)
			<-ended
			h.do(i, v, asksWho, "/who")
		})
	}
	all.Go(func() {
		<-start
		h.do(inFlightAtOnce, here, endsLogin, "/end/"+id)
		close(ended)
	})
	close(start)
	all.Wait()
	if got := here.ask("/who"); got.body != "alice" {
		h.wrong = append(h.wrong, fmt.Sprintf("the login that has ended the other is out: %d: %s", got.status, got.body))
	}
	return h.check(log.String())
}

// An endedSite is one of the processes.
type endedSite struct {
	*sites.Site

	handler http.Handler
}

func openEnded(t *testing.T, vars, others map[string]string, log *logBuffer) *endedSite {
	t.Helper()
	flags := make(map[string]string)
	for _, from := range []map[string]string{vars, others} {
		for name, value := range from {
			flags[name] = value
		}
	}
	s := &endedSite{Site: openSite(t, flags, 30*time.Second, log)}
	t.Cleanup(func() { _ = s.Close() })
	s.handler = s.Handler(s.pages())
	return s
}

func (s *endedSite) addUser(ctx context.Context) error {
	hash, err := s.Hashers.Hash(ctx, "wonderland")
	if err == nil {
		_, err = s.Users().Create(ctx, auth.User{Username: "alice", Password: hash, IsActive: true})
	}
	return err
}

// pages answer with the name of the visitor.
func (s *endedSite) pages() http.Handler {
	mux := http.NewServeMux()
	for path, page := range map[string]func(*http.Request) (string, error){
		"/login": func(r *http.Request) (string, error) {
			user, err := s.Auth.Authenticate(r, "alice", "wonderland")
			if err == nil {
				err = s.Auth.Login(r, user)
			}
			return "", err
		},
		"/own": func(r *http.Request) (string, error) {
			list, err := s.Devices().List(r)
			if err != nil || len(list) == 0 {
				return "", err
			}
			return list[0].ID, nil
		},
		"/who": func(*http.Request) (string, error) { return "", nil },
		"/count": func(r *http.Request) (string, error) {
			session.Item[int]("n").Update(session.From(r), 0, func(n int) int { return n + 1 })
			return "", nil
		},
		"/end/{id}": func(r *http.Request) (string, error) { return "ended", s.Devices().End(r, r.PathValue("id")) },
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			who := auth.From(r).Username // before the session is changed
			text, err := page(r)
			if err != nil {
				session.Abort(r, err)
			}
			if text == "" {
				text = who
			}
			fmt.Fprint(w, text)
		})
	}
	return mux
}

// An endedVisitor is a browser at one of the sites.
type endedVisitor struct {
	site    *endedSite
	cookies map[string]string
}

func (s *endedSite) visitor() *endedVisitor {
	return &endedVisitor{site: s, cookies: make(map[string]string)}
}

// copy is a browser at a site with the same cookies.
func (v *endedVisitor) copy(at *endedSite) *endedVisitor {
	c := at.visitor()
	for name, value := range v.cookies {
		c.cookies[name] = value
	}
	return c
}

func (v *endedVisitor) ask(path string) response {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	v.site.handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(v.cookies, c.Name)
		} else {
			v.cookies[c.Name] = c.Value
		}
	}
	return response{status: w.Code, body: strings.TrimSpace(w.Body.String())}
}

// endings are what was asked of one login, and answered.
type endings struct {
	begin time.Time

	mu    sync.Mutex
	ops   []porcupine.Operation
	wrong []string
}

// An endingCall is what a request does with the login: it ends it, or asks whose it is.
type endingCall int

const (
	endsLogin endingCall = iota
	asksWho
)

// do notes what a request is told. One that was interrupted is not noted.
func (h *endings) do(client int, v *endedVisitor, call endingCall, path string) {
	since := time.Since(h.begin)
	got := v.ask(path)
	until := time.Since(h.begin)
	h.mu.Lock()
	defer h.mu.Unlock()
	switch in := got.body == "alice"; {
	case got.status == http.StatusOK && (in || got.body == "" || call == endsLogin && got.body == "ended"):
		h.ops = append(h.ops, porcupine.Operation{
			ClientId: client, Input: call, Output: in, Call: int64(since), Return: int64(until),
		})
	case got.status != http.StatusBadRequest: // its session was deleted while it was changed
		h.wrong = append(h.wrong, fmt.Sprintf("client %d: %d: %s", client, got.status, got.body))
	}
}

// endedModel is a login that is ended once. Each client is checked by itself, or the orders of so
// many calls at once would be too many: with the end at the moment that suits all of them if
// any does, which is the latest that explains all who are out.
var endedModel = porcupine.Model{
	Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
		clients := make(map[int][]porcupine.Operation)
		var end porcupine.Operation
		for _, op := range all {
			if op.Input == endsLogin {
				end = op
			} else {
				clients[op.ClientId] = append(clients[op.ClientId], op)
			}
		}
		moment := end.Return
		for _, op := range all {
			if op.Output == false {
				moment = min(moment, op.Return)
			}
		}
		end.Call = max(end.Call, moment)
		end.Return = end.Call
		parts := [][]porcupine.Operation{{end}}
		for _, ops := range clients {
			parts = append(parts, append(ops, end))
		}
		return parts
	},
	Init: func() any { return false },
	Step: func(ended, call, in any) (bool, any) {
		if call == endsLogin {
			return ended == false, true
		}
		return ended != in, ended
	},
}

func (h *endings) check(log string) error {
	result := porcupine.CheckOperationsTimeout(endedModel, h.ops, 20*time.Second)
	if result == porcupine.Ok && len(h.wrong) == 0 && len(h.ops) > 3*inFlightAtOnce/2 {
		return nil
	}
	in := 0
	for _, op := range h.ops {
		if op.Output == true {
			in++
		}
	}
	return fmt.Errorf("%s: of %d answers, %d to somebody who is logged in; %s\n%s",
		result, len(h.ops), in, strings.Join(h.wrong, "\n"), log)
}
