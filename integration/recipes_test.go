package integration

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/servertest"
)

// recipes are the settings to copy of docs/engines.md, by their first lines.
func recipes(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../docs/engines.md")
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for _, m := range regexp.MustCompile("(?s)```toml\n# ([^\n]*)\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		all[m[1]] = m[2]
	}
	if len(all) < 9 {
		t.Fatalf("there are %d recipes", len(all))
	}
	return all
}

// TestSettingsToCopyMakeASite on the servers that they are for: somebody can log
// in, and be seen by the next page.
func TestSettingsToCopyMakeASite(t *testing.T) {
	for name, recipe := range recipes(t) {
		t.Run(name, func(t *testing.T) {
			postgres, folder := servertest.Postgres(t), t.TempDir()
			for from, to := range map[string]string{
				"postgres://site:password@localhost:5432/site":  postgres.PostgresURL(),
				"postgres://site:password@localhost:6432/site?": servertest.PgBouncer(t, postgres).PostgresURL() + "&",
				"localhost:6379/1":                          servertest.Redis(t).Addr + "/1",
				"10.0.0.1:11211,10.0.0.2:11211":             servertest.Memcached(t).Addr + "," + servertest.StartMemcached(t).Addr,
				"/var/lib/site":                             folder,
				`mysql://site:password@localhost:3306/site`: mysqlURL(servertest.MariaDB(t)),
			} {
				recipe = strings.ReplaceAll(recipe, from, to)
			}
			flags := map[string]string{"DATABASE_URL": "sqlite:///" + filepath.Join(folder, "users.sqlite3")}
			for _, m := range regexp.MustCompile(`(?m)^(\w+) = "(.*)"$`).FindAllStringSubmatch(recipe, -1) {
				flags[m[1]] = m[2]
			}
			site := openSite(t, flags, 5*time.Second, io.Discard)
			defer site.Close()
			_, key := populate(t, site, flags["SESSION_ENGINE"])
			for path, ask := range requestsOf(t, site, key) {
				if status := ask(); status != http.StatusOK {
					t.Errorf("%s: status %d", path, status)
				}
			}
		})
	}
}

func mysqlURL(db servertest.Database) string {
	host, port, _ := net.SplitHostPort(db.Addr)
	return "mysql://" + db.User + "@" + net.JoinHostPort(host, port) + "/" + db.Name
}
