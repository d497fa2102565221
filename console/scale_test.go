package console_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/servertest"
	_ "github.com/jamsession/jamsession/site/mysql"
	_ "github.com/jamsession/jamsession/site/postgres"
)

// A crowded is a database that is filled for a test.
type crowded struct {
	name, numbers string // 1 to so many, as i
	analyze       string
	url           func(t *testing.T) string // nil: a file
}

var databases = []crowded{
	{
		"SQLite", "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n)",
		"ANALYZE", nil,
	},
	{
		"PostgreSQL", "generate_series(1, %d) AS n(i)", "ANALYZE",
		func(t *testing.T) string { return servertest.Postgres(t).PostgresURL() },
	},
	{
		"MariaDB", "(SELECT seq AS i FROM seq_1_to_%d) AS n",
		"ANALYZE TABLE auth_user, django_session, jamsession_device",
		func(t *testing.T) string {
			db := servertest.MariaDB(t)
			return "mysql://" + db.User + "@" + db.Addr + "/" + db.Name
		},
	},
}

// TestPagesOfManySessions measures the pages on a site with so many users, each with a device and a
// session, as JAMSESSION_CONSOLE_ROWS says, a million for example. What has an index takes less than
// 300 ms; what reads one session after another stops after two seconds.
func TestPagesOfManySessions(t *testing.T) {
	rows, _ := strconv.Atoi(os.Getenv("JAMSESSION_CONSOLE_ROWS"))
	if rows == 0 {
		rows = 2000
	}
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) { pagesOfMany(t, d, rows) })
	}
}

func pagesOfMany(t *testing.T, d crowded, rows int) {
	vars := map[string]string{}
	if d.url != nil {
		vars["DATABASE_URL"] = d.url(t)
	}
	p := open(t, vars, nil, nil)
	v, bob := p.visitor(t, "admin"), p.visitor(t, "bob")
	bob.get("/set?color=red")
	of := v.sessionOf(bob)
	for _, insert := range []string{
		"INSERT INTO auth_user (username, email, password, first_name, last_name, is_superuser, is_staff, is_active," +
			" date_joined) SELECT concat('user', i), concat('user', i, '@example.com'), '!', '', '', FALSE, FALSE, TRUE," +
			" '2026-01-01' FROM ",
		"INSERT INTO django_session (session_key, session_data, expire_date)" +
			" SELECT concat('session', i), 'x', '2099-01-01' FROM ",
		"INSERT INTO jamsession_device (id, user_key, created, seen, expires, not_before, address, agent, method, name," +
			" sealed) SELECT concat('D', i), concat('', i), 0, i, 4000000000000000, 0, '', '', 'password', '', '' FROM ",
	} {
		if _, err := p.Database.DB.ExecContext(t.Context(), insert+fmt.Sprintf(d.numbers, rows)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.Database.DB.ExecContext(t.Context(), d.analyze); err != nil {
		t.Fatal(err)
	}
	const indexed, read = 300 * time.Millisecond, 2500 * time.Millisecond
	for path, limit := range map[string]time.Duration{
		"/": indexed, "/users/": indexed, "/users/?q=user19": indexed, "/users/?q=user1999@": indexed,
		"/users/" + p.ids["bob"] + "/": indexed, of: indexed, "/sessions/": indexed, "/limits/?name=bob": indexed,
		"/sessions/?q=ffffffff": read, "/sessions/?user=" + p.ids["bob"]: read,
	} {
		best := time.Hour // of some, since other tests run
		for range 3 {
			begin := time.Now()
			v.page(path)
			best = min(best, time.Since(begin))
		}
		t.Log(path, best)
		if best > limit {
			t.Errorf("%s takes %v, more than %v", path, best, limit)
		}
	}
}
