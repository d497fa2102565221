package sharing

import (
	"net/url"
	"path/filepath"
	"strings"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/diffsettings"
	"github.com/jamsession/jamsession/internal/conf"
)

// databaseKinds are the schemes of DATABASE_URL by Django's engines.
var databaseKinds = map[string]string{
	"sqlite3": "sqlite", "postgresql": "postgres", "postgresql_psycopg2": "postgres", "mysql": "mysql",
}

// kind returns the scheme of DATABASE_URL.
func (s site) kind() string {
	scheme, _, _ := strings.Cut(s.here.DatabaseURL.Reveal(), ":")
	switch scheme {
	case "postgresql":
		return "postgres"
	case "mariadb":
		return "mysql"
	}
	return scheme
}

// defaultDatabase returns Django's database "default".
func (s site) defaultDatabase() (diffsettings.Dict, bool) {
	all, _ := s.django["DATABASES"].(diffsettings.Dict)
	value, _ := all.Get("default")
	d, ok := value.(diffsettings.Dict)
	return d, ok
}

func (s site) database() []conf.Finding {
	there, ok := s.defaultDatabase()
	if !ok {
		return s.notUnderstood("DATABASES")
	}
	value, _ := there.Get("ENGINE")
	engine, _ := value.(string)
	kind := databaseKinds[engine[strings.LastIndexByte(engine, '.')+1:]]
	findings := s.routers()
	if kind != s.kind() {
		values := fields{"Django": shown(engine), "Here": s.kind()}
		return append(findings, s.finding("database_kind", values)...)
	}
	if kind == "sqlite" {
		return append(findings, s.sqliteFile(there)...)
	}
	return append(findings, s.server(there)...)
}

// routers decide per model which database it is in.
func (s site) routers() []conf.Finding {
	if users, sessions := s.facts.Database, s.facts.Session; users != nil && sessions != nil {
		if sessions.Database == "" || sessions.Database == users.Alias {
			return nil
		}
		return s.finding("databases_differ", fields{"Users": users.Alias, "Sessions": sessions.Database})
	}
	if list, ok := s.django["DATABASE_ROUTERS"].([]any); ok && len(list) == 0 || !s.has("DATABASE_ROUTERS") {
		return nil
	}
	return s.finding("database_routers", nil)
}

func (s site) sqliteFile(there diffsettings.Dict) []conf.Finding {
	value, _ := there.Get("NAME")
	path, ok := pathText(value)
	if !ok {
		return s.notUnderstood("DATABASES")
	}
	escaped := strings.TrimPrefix(s.here.DatabaseURL.Reveal(), "sqlite:///")
	mine, err := url.PathUnescape(escaped)
	if err == nil && absolute(mine) == absolute(path) {
		return nil
	}
	return s.finding("database_file", fields{"Django": path, "Here": mine})
}

// server compares where the database is, never the user that asks it.
func (s site) server(there diffsettings.Dict) []conf.Finding {
	u, err := url.Parse(s.here.DatabaseURL.Reveal())
	if err != nil {
		return nil // a socket in place of the host, or a password that is not encoded
	}
	text := func(key string) string {
		value, _ := there.Get(key)
		t, _ := plain(value)
		return t
	}
	if name := strings.TrimPrefix(u.Path, "/"); text("NAME") != name {
		return s.finding("database_name", fields{"Django": shown(text("NAME")), "Here": shown(name)})
	}
	if path := s.searchPath(); s.facts.Database != nil && path != s.searchPathHere() {
		return s.finding("search_path", fields{"Django": shown(path), "Here": shown(s.searchPathHere())})
	}
	host, port := text("HOST"), text("PORT")
	standard := map[string]string{"postgres": "5432", "mysql": "3306"}[s.kind()]
	mine := hostName(u.Hostname()) + ":" + orElse(u.Port(), standard)
	djangos := hostName(host) + ":" + orElse(port, standard)
	if strings.HasPrefix(host, "/") || djangos == mine {
		return nil
	}
	return s.finding("database_server", fields{"Django": djangos, "Here": mine})
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// pathText returns a path, which may be text or a pathlib.Path. None is "".
func pathText(value any) (string, bool) {
	if c, ok := value.(diffsettings.Call); ok && strings.HasSuffix(c.Name, "Path") && len(c.Args) == 1 {
		value = c.Args[0]
	}
	if value == nil {
		return "", true
	}
	text, ok := value.(string)
	return text, ok
}

// absolute returns a path without symbolic links, if it exists.
func absolute(path string) string {
	path, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}
