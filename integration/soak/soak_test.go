package soak

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
)

var (
	rounds = flag.Int("rounds", 2, "how `often` the server or a process is killed on each engine")
	seed   = flag.Uint64("seed", 0, "repeat the plan that this `seed` makes; 0 is a new one")
)

const (
	visitors  = 6
	traffic   = 15               // answers that each visitor gets before something is killed
	patience  = 90 * time.Second // for these answers
	moreHeap  = 8 << 20          // bytes
	moreParts = 4                // goroutines or sockets
	pooled    = "4"              // connections: no more than moreParts, since a pool keeps them
	secretKey = "m3Kx9Wq2Vt7Rb4Zn8Lc5Hd1Jf6Gs3Py0Ua-Oe_Ti.Bw+Qr/Xz=Yv"
)

// An engine is where sessions are kept.
type engine struct {
	name     string
	settings func(t *testing.T, e *places) map[string]string
	keeps    bool // acknowledged writes survive the death of the server
	cached   bool // a cache that comes back may not have heard of all changes
	inCookie bool // the visitor has the whole session
}

// places are what an engine's settings name.
type places struct {
	server *servertest.Server // nil if there is none to be killed
	dir    string
}

func (p *places) sqlite() string { return "sqlite:///" + filepath.Join(p.dir, "site.db") }

func (p *places) postgres(t *testing.T) string {
	s, db := servertest.StartPostgres(t)
	p.server = s
	return db.PostgresURL() + "&max_conns=" + pooled
}

func (p *places) mariadb(t *testing.T) string {
	s, db := servertest.StartMariaDB(t)
	p.server = s
	return "mysql://" + db.User + "@" + s.Addr + "/" + db.Name + "?max_conns=" + pooled
}

func (p *places) redis(t *testing.T) string {
	p.server = servertest.StartRedis(t)
	return (&url.URL{Scheme: "redis", Host: p.server.Addr, Path: "/0"}).String()
}

func (p *places) memcached(t *testing.T) string {
	p.server = servertest.StartMemcached(t)
	return "memcached://" + p.server.Addr
}

var engines = []engine{
	{"db on SQLite", func(_ *testing.T, p *places) map[string]string {
		return map[string]string{"DATABASE_URL": p.sqlite()}
	}, true, false, false},
	{"db on PostgreSQL", func(t *testing.T, p *places) map[string]string {
		return map[string]string{"DATABASE_URL": p.postgres(t)}
	}, true, false, false},
	{"db on MariaDB", func(t *testing.T, p *places) map[string]string {
		return map[string]string{"DATABASE_URL": p.mariadb(t)}
	}, true, false, false},
	{"cache on Redis", func(t *testing.T, p *places) map[string]string {
		return map[string]string{"SESSION_ENGINE": "cache", "CACHE_URL": p.redis(t)}
	}, true, false, false},
	{"cache on Memcached", func(t *testing.T, p *places) map[string]string {
		return map[string]string{"SESSION_ENGINE": "cache", "CACHE_URL": p.memcached(t)}
	}, false, false, false},
	{"cached_db on Redis", func(t *testing.T, p *places) map[string]string {
		return map[string]string{"SESSION_ENGINE": "cached_db", "CACHE_URL": p.redis(t)}
	}, true, true, false},
	{"cached_db on Memcached", func(t *testing.T, p *places) map[string]string {
		return map[string]string{"SESSION_ENGINE": "cached_db", "CACHE_URL": p.memcached(t)}
	}, true, false, false},
	{"file", func(_ *testing.T, p *places) map[string]string {
		return map[string]string{"SESSION_ENGINE": "file", "SESSION_FILE_PATH": filepath.Join(p.dir, "sessions")}
	}, true, false, false},
	{"signed_cookies with a list", func(t *testing.T, p *places) map[string]string {
		return map[string]string{
			"SESSION_ENGINE": "signed_cookies", "SESSION_DENY_LIST": "db", "DATABASE_URL": p.postgres(t),
		}
	}, true, false, true},
}

// A soak is a run on one engine.
type soak struct {
	*testing.T

	engine    engine
	places    places
	processes [2]*process // the first is killed again and again, the second never
	visitors  []*visitor
	deaths    atomic.Int64 // of the server, counted before and after each
	back      atomic.Int64 // when the server last came back, in Unix nanoseconds

	mu    sync.Mutex
	wrong error
}

// hears reports whether a change is sure to reach the cache. Otherwise it reaches the
// database, and a process that does not know of it can serve the old entry of a cache that
// is back: for five minutes, as docs/engines.md says.
func (s *soak) hears() bool {
	return !s.engine.cached || s.generation()%2 == 0 && time.Now().UnixNano() > s.back.Load()+int64(hearing)
}

// hearing is how long a process may take to tell a cache that is back what it has missed.
const hearing = 3 * time.Second

// generation changes when the server dies, and when it comes back.
func (s *soak) generation() int { return int(s.deaths.Load()) }

// TestSoak: no session that was logged out is alive, no acknowledged write is missing, no
// key answers with another's data, and nothing is left behind.
func TestSoak(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			s := open(t, e)
			var idle measured
			for round := range *rounds {
				s.traffic(func() { s.strike(round) })
				for _, v := range s.visitors {
					s.must(v.opened(v.dead, 5))
				}
				if round == 0 {
					idle = s.measure(measured{})
				}
			}
			s.settle(idle)
		})
	}
}

// open makes the site's tables and users, and starts its processes.
func open(t *testing.T, e engine) *soak {
	t.Helper()
	plan := *seed
	if plan == 0 {
		plan = rand.Uint64()
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("-seed %d", plan)
		}
	})
	s := &soak{T: t, engine: e, places: places{dir: t.TempDir()}}
	vars := map[string]string{
		"SECRET_KEY": secretKey, "DATABASE_URL": s.places.sqlite(), "STORE_TIMEOUT": "3",
		"SESSION_COOKIE_SECURE": "false", "NEW_SESSION_LIMIT": "none",
	}
	for name, value := range e.settings(t, &s.places) {
		vars[name] = value
	}
	s.populate(vars, plan)
	var environment []string
	for name, value := range vars {
		environment = append(environment, name+"="+value)
	}
	for i := range s.processes {
		s.processes[i] = &process{settings: environment}
		s.processes[i].start(t)
		t.Cleanup(s.processes[i].kill)
	}
	return s
}

func (s *soak) populate(vars map[string]string, plan uint64) {
	s.Helper()
	loaded, err := settings.Load(settings.Sources{Flags: vars})
	s.must(err)
	s.must(site.Migrate(s.Context(), loaded, nil))
	here, err := site.Open(s.Context(), loaded, nil)
	s.must(err)
	for i := range visitors {
		name := fmt.Sprint("visitor", i)
		_, err := here.Users().Create(s.Context(), auth.User{Username: name, Password: "!" + name, IsActive: true})
		s.must(err)
		s.visitors = append(s.visitors, &visitor{name: name, soak: s, random: rand.New(rand.NewPCG(plan, uint64(i)))})
	}
	s.must(here.Close())
}

func (s *soak) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// traffic lets all visitors use the site until each has had its answers before the strike,
// and as many afterwards.
func (s *soak) traffic(strike func()) {
	s.Helper()
	var struck atomic.Bool
	var ready, done sync.WaitGroup
	ready.Add(len(s.visitors))
	end := time.Now().Add(patience)
	for _, v := range s.visitors {
		done.Go(func() {
			isReady := sync.OnceFunc(ready.Done)
			defer isReady()
			for first, after := v.done, -1; ; {
				if err := v.step(); err != nil {
					s.fail(err)
				}
				if v.done >= first+traffic {
					isReady()
				}
				if struck.Load() && after < 0 {
					after = v.done
				}
				switch {
				case s.failed(), after >= 0 && v.done >= after+traffic:
					return
				case time.Now().After(end):
					s.fail(fmt.Errorf("%s: no answers for %v", v.name, patience))
					return
				}
			}
		})
	}
	ready.Wait()
	strike()
	struck.Store(true)
	done.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.must(s.wrong)
}

func (s *soak) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wrong == nil {
		s.wrong = err
	}
}

func (s *soak) failed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wrong != nil
}

// strike kills the server or the first process, and starts it again.
func (s *soak) strike(round int) {
	s.Helper()
	if s.places.server == nil || round%2 == 1 {
		s.processes[0].kill()
		s.processes[0].start(s)
		return
	}
	s.deaths.Add(1)
	s.places.server.Kill()
	s.places.server.Start(s)
	s.back.Store(time.Now().UnixNano())
	s.deaths.Add(1)
}

// empty removes everything from Redis, as if the entries had expired.
func (s *soak) empty() {
	s.Helper()
	conn, err := net.Dial("tcp", s.places.server.Addr)
	s.must(err)
	defer func() { _ = conn.Close() }()
	_, err = conn.Write([]byte("FLUSHALL\r\n"))
	s.must(err)
	reply, err := bufio.NewReader(conn).ReadString('\n')
	if s.must(err); reply != "+OK\r\n" {
		s.Fatalf("FLUSHALL: %q", reply)
	}
}

// measured is what the second process uses when it is idle.
type measured struct{ goroutines, sockets, heap int }

// measure waits until the process is at rest, or not above base, if there is one.
func (s *soak) measure(base measured) (m measured) {
	s.Helper()
	for end := time.Now().Add(settled); ; time.Sleep(50 * time.Millisecond) {
		last := m
		a := s.processes[1].get("/measure", "")
		if _, err := fmt.Sscanf(a.body, "%d %d %d", &m.goroutines, &m.sockets, &m.heap); err != nil {
			s.Fatalf("%v: %v", err, a)
		}
		atRest := base == measured{} && m.goroutines == last.goroutines && m.sockets == last.sockets
		if atRest || base != (measured{}) && m.within(base) || time.Now().After(end) {
			return m
		}
	}
}

func (m measured) within(base measured) bool {
	return m.goroutines <= base.goroutines+moreParts && m.sockets <= base.sockets+moreParts &&
		m.heap <= base.heap+moreHeap
}

// settle checks what is left when all is done.
func (s *soak) settle(idle measured) {
	s.Helper()
	if s.engine.cached {
		s.empty()
	}
	asked, done := 0, 0
	for _, v := range s.visitors {
		v.stale = false
		s.must(v.opened(v.dead, maxDead))
		s.must(v.opened(v.late, maxDead))
		if v.key != "" {
			s.must(v.look("/who"))
		}
		asked, done = asked+v.asked, done+v.done
	}
	m := s.measure(idle)
	if !m.within(idle) {
		s.Errorf("after the first round the idle process had %+v, and in the end %+v", idle, m)
	}
	for _, p := range s.processes {
		s.must(p.stop())
	}
	s.Logf("%d steps, %d of them done; at first %+v, in the end %+v", asked, done, idle, m)
}
