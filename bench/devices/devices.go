// Package devices measures what it costs to know where users are logged in: a request, the
// list of one user's devices among many, and open watches.
package devices

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
	sites "github.com/jamsession/jamsession/site"
	_ "github.com/jamsession/jamsession/site/all" // opens what the settings name
)

// A Size says how much to measure.
type Size struct {
	Rounds  contest.Rounds // of requests, and of lists
	Rows    int            // devices in the table
	Logins  int            // that are watched
	Tabs    int            // watches of each
	Endings int            // of logins that are watched
}

// Full is what stands in docs/performance.md.
func Full() Size {
	return Size{
		Rounds: contest.Rounds{Count: 301, Turn: 10 * time.Millisecond},
		Rows:   1_000_000, Logins: 1000, Tabs: 10, Endings: 21,
	}
}

// Small shows that everything works, and measures nothing.
func Small() Size {
	return Size{
		Rounds: contest.Rounds{Count: 1, Turn: time.Millisecond}, Rows: 1000, Logins: 3, Tabs: 2, Endings: 1,
	}
}

// A run is one measurement of everything.
type run struct {
	*contest.Bed
	ctx  context.Context
	size Size
	out  report.Section
}

// A database is where the users and their devices are.
type database struct {
	name, url      string
	driver, source string
	fill           string // with the number of rows
	analyze        string
}

// insert makes devices, ten of each user.
const insert = "INSERT INTO jamsession_device (id, user_key, created, seen, expires, not_before, address," +
	" agent, method, name, sealed) SELECT %s, %s, n, n, 4000000000000000, 0, '192.0.2.0/24'," +
	" 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'password', '', '' FROM %s"

// databases are all three.
func (r *run) databases() []database {
	file := filepath.Join(r.TempDir(), "site.db")
	postgres, maria := servertest.Postgres(r), servertest.MariaDB(r)
	return []database{
		{
			"SQLite", "sqlite:///" + file, "sqlite", "file:" + file + "?_pragma=busy_timeout(20000)",
			fmt.Sprintf(insert, "'d' || n", "'u' || (n / 10)", "(WITH RECURSIVE s (n) AS"+
				" (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < %d) SELECT n FROM s)"),
			"ANALYZE",
		},
		{
			"PostgreSQL", postgres.PostgresURL(), "pgx", postgres.PostgresURL(),
			fmt.Sprintf(insert, "'d' || n", "'u' || (n / 10)", "generate_series(1, %d) n"),
			"ANALYZE jamsession_device",
		},
		{
			"MariaDB", "mysql://" + maria.User + "@" + maria.Addr + "/" + maria.Name,
			"mysql", maria.MySQLName(),
			fmt.Sprintf(insert, "concat('d', n)", "concat('u', n DIV 10)",
				"(SELECT seq AS n FROM seq_1_to_%d) AS s"),
			"ANALYZE TABLE jamsession_device",
		},
	}
}

// Run measures everything. What goes wrong it tells the bed.
func Run(ctx context.Context, bed *contest.Bed, size Size) report.Section {
	r := &run{Bed: bed, ctx: ctx, size: size, out: report.Section{Name: "devices"}}
	requests := report.Table{
		Title: "A request of a user, with devices and without",
		Note: "Within one process, by a site as settings open it, with sessions in the same database." +
			" The two sites take turns; \"times\" is the median of the ratios of each round. They send" +
			" the same number of statements.",
		Columns: []string{"database", "with", "without", "times", "allocations", "without"},
	}
	lists := report.Table{
		Title:   "The list of one user's devices, among " + fmt.Sprint(size.Rows),
		Columns: []string{"database", "ten devices"},
	}
	databases := r.databases()
	for _, d := range databases {
		begin := time.Now()
		r.requests(d, &requests)
		r.list(d, &lists)
		r.Logf("%s: %.0f s in all", d.name, time.Since(begin).Seconds())
	}
	r.out.Tables = append(r.out.Tables, requests, lists, r.watches(databases))
	r.out.Machine = report.ThisMachine()
	return r.out
}

// requests compares a site with devices and one without.
func (r *run) requests(d database, t *report.Table) {
	user := r.open(d, nil).addUser("ann")
	var contenders []contest.Contender
	for _, kept := range []string{"db", "none"} {
		s := r.open(d, map[string]string{"DEVICES": kept})
		cookie := s.login(user)
		contenders = append(contenders, contest.Contender{Name: kept, Ops: func(int) []func() {
			return []func(){func() { s.get("/", cookie) }}
		}})
	}
	results := r.size.Rounds.Run(1, contenders)
	with, without := results[0], results[1]
	t.Rows = append(t.Rows, []string{
		d.name, report.Nanos(with.Median()), report.Nanos(without.Median()),
		report.Number(with.Times(without)), report.Number(with.Allocs), report.Number(without.Allocs),
	})
	r.out.Goals = append(r.out.Goals, report.Goal{
		What: d.name + ": a user's request, times one without devices", Limit: 1.1, Got: with.Times(without),
	})
}

// list lists the devices of users one after the other.
func (r *run) list(d database, t *report.Table) {
	s := r.open(d, nil)
	db, err := sql.Open(d.driver, d.source)
	r.check("open "+d.name, err)
	defer func() { _ = db.Close() }()
	for _, text := range []string{fmt.Sprintf(d.fill, r.size.Rows), d.analyze} {
		_, err := db.ExecContext(r.ctx, text)
		r.check("fill "+d.name, err)
	}
	next := 0
	result := r.size.Rounds.Run(1, []contest.Contender{{Name: d.name, Ops: func(int) []func() {
		return []func(){func() {
			next = (next+7919)%(r.size.Rows/10-1) + 1
			list, err := s.Devices().ListUser(r.ctx, fmt.Sprint("u", next))
			r.check("list", err)
			if len(list) != 10 {
				r.Fatalf("%d devices, want 10", len(list))
			}
		}}
	}}})[0]
	t.Rows = append(t.Rows, []string{d.name, report.Nanos(result.Median())})
	r.out.Goals = append(r.out.Goals, report.Goal{
		What:  fmt.Sprintf("%s: the list of a user's devices among %d, milliseconds", d.name, r.size.Rows),
		Limit: 5, Got: result.Median() / 1e6,
	})
}

// check ends the run if something went wrong.
func (r *run) check(doing string, err error) {
	if err != nil {
		r.Fatalf("%s: %v", doing, err)
	}
}

// A site is one of settings, with a few pages.
type site struct {
	*sites.Site
	r       *run
	handler http.Handler
}

const secretKey = "p4Yt7wq0Zr8Vd2Lx6Nb3Ms9Kc5Jh1Gf-Qe_Ta.Uo+Wi/Xy=RlHg"

// open opens a site on a database, with further settings.
func (r *run) open(d database, more map[string]string) *site {
	flags := map[string]string{
		"DATABASE_URL": d.url, "SECRET_KEY": secretKey, "LOGIN_URL": "/login", "SESSION_ENGINE": "db",
		"ALLOWED_HOSTS": "*", "DEVICES": "db",
	}
	for name, value := range more {
		flags[name] = value
	}
	s, err := settings.Load(settings.Sources{Flags: flags})
	r.check("settings", err)
	r.check("migrate", sites.Migrate(r.ctx, s, nil))
	here, err := sites.Open(r.ctx, s, nil)
	r.check("open", err)
	r.Cleanup(func() { _ = here.Close() })
	opened := &site{Site: here, r: r}
	opened.handler = here.Handler(opened.pages())
	return opened
}

type contextKey struct{}

func (s *site) pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(auth.From(r).Username))
	})
	mux.HandleFunc("/login", func(_ http.ResponseWriter, r *http.Request) {
		if err := s.Auth.Login(r, r.Context().Value(contextKey{}).(auth.User)); err != nil {
			session.Abort(r, err)
		}
	})
	mux.HandleFunc("/hold", func(_ http.ResponseWriter, r *http.Request) {
		auth.From(r)
		*r.Context().Value(contextKey{}).(*context.Context) = r.Context()
	})
	mux.HandleFunc("/watch", func(_ http.ResponseWriter, r *http.Request) {
		ctx, _, err := s.Devices().Watch(r)
		if err != nil {
			session.Abort(r, err)
		}
		*r.Context().Value(contextKey{}).(*context.Context) = ctx
	})
	return mux
}

// addUser makes a user who has no password.
func (s *site) addUser(name string) auth.User {
	user, err := s.Users().Create(s.r.ctx, auth.User{Username: name, IsActive: true, Password: "!"})
	s.r.check("create a user", err)
	return user
}

// ask sends a request with a value for its page.
func (s *site) ask(path string, value any, cookie *http.Cookie) *httptest.ResponseRecorder {
	ctx := context.WithValue(s.r.ctx, contextKey{}, value)
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	if cookie != nil {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		s.r.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w
}

// login returns the cookie of a new session.
func (s *site) login(user auth.User) *http.Cookie {
	for _, c := range s.ask("/login", user, nil).Result().Cookies() {
		if c.Name == "sessionid" {
			return c
		}
	}
	s.r.Fatalf("the login set no cookie")
	return nil
}

// get asks for a page that greets the user.
func (s *site) get(path string, cookie *http.Cookie) {
	if text := s.ask(path, nil, cookie).Body.String(); text != "ann" {
		s.r.Fatalf("%s: %q", path, text)
	}
}
