package console_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"
)

// TestPagesOfManySessions measures the pages on a site with so many users, each with a device and a
// session, as JAMSESSION_CONSOLE_ROWS says, a million for example. What has an index takes less than
// 300 ms; what reads one session after another stops after two seconds.
func TestPagesOfManySessions(t *testing.T) {
	rows, _ := strconv.Atoi(os.Getenv("JAMSESSION_CONSOLE_ROWS"))
	if rows == 0 {
		rows = 2000
	}
	p := open(t, nil, nil, nil)
	v, bob := p.visitor(t, "admin"), p.visitor(t, "bob")
	bob.get("/set?color=red")
	of := v.sessionOf(bob)
	db := p.Database.DB
	const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
	for _, insert := range []string{
		"INSERT INTO auth_user (username, email, password, first_name, last_name, is_superuser, is_staff, is_active," +
			" date_joined) " + numbers + "SELECT 'user' || i, 'user' || i || '@example.com', '!', '', '', 0, 0, 1," +
			" '2026-01-01' FROM n",
		"INSERT INTO django_session (session_key, session_data, expire_date) " + numbers +
			"SELECT substr('00000000000000000000000000000000' || i, -32), 'x', '2099-01-01' FROM n",
		"INSERT INTO jamsession_device (id, user_key, created, seen, expires, not_before, address, agent, method, name," +
			" sealed) " + numbers + "SELECT substr('AAAAAAAAAAAAAAAAAAAAAAAAAA' || i, -26), i, 0, i, 4000000000000000," +
			" 0, '', '', 'password', '', '' FROM n",
	} {
		if _, err := db.ExecContext(t.Context(), fmt.Sprintf(insert, rows)); err != nil {
			t.Fatal(err)
		}
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
