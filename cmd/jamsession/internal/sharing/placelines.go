package sharing

import (
	"cmp"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// databaseLine is DATABASE_URL, without the password.
func (s site) databaseLine() []line {
	there, ok := s.defaultDatabase()
	if !ok {
		return nil
	}
	text := func(key string) string {
		value, _ := there.Get(key)
		t, _ := plain(value)
		return t
	}
	engine := text("ENGINE")
	kind := databaseKinds[engine[strings.LastIndexByte(engine, '.')+1:]]
	value, _ := there.Get("NAME")
	name, ok := pathText(value)
	if kind == "" || !ok || name == "" {
		return nil
	}
	if kind == "sqlite" {
		if !filepath.IsAbs(name) {
			return nil // relative to a folder that is not known
		}
		return []line{quoted("DATABASE_URL", "sqlite:///"+escapedPath(name))}
	}
	u := url.URL{Scheme: kind, Host: cmp.Or(text("HOST"), "localhost"), Path: "/" + name}
	query := make(url.Values)
	if strings.HasPrefix(u.Host, "/") { // a folder with a socket, or for MySQL the socket
		query.Set(map[string]string{"postgres": "host", "mysql": "socket"}[kind], u.Host)
		u.Host = ""
	}
	switch port := text("PORT"); {
	case port == "":
	case u.Host != "":
		u.Host += ":" + port
	case kind == "postgres": // it is a part of the socket's name
		query.Set("port", port)
	}
	if user := text("USER"); user != "" {
		u.User = url.User(user)
	}
	if path := s.searchPath(); path != "" {
		query.Set("search_path", path)
	}
	u.RawQuery = query.Encode()
	return []line{quoted("DATABASE_URL", u.String())}
}

// escapedPath returns a path as DATABASE_URL has it.
func escapedPath(path string) string {
	return strings.NewReplacer("%", "%25", "?", "%3F", "#", "%23").Replace(filepath.ToSlash(path))
}

// sessionTable returns Django's db_table as SESSION_TABLE has it, where a point
// stands behind a schema.
func sessionTable(table string) string {
	if strings.Contains(table, ".") && !strings.Contains(table, `"`) {
		return `"` + table + `"`
	}
	return table
}

// searchPath names the schemas of PostgreSQL in which the tables are, if it is not the usual one.
func (s site) searchPath() string {
	d := s.facts.Database
	if d == nil || slices.Equal(d.Schemas, []string{"public"}) {
		return ""
	}
	return strings.Join(d.Schemas, ",")
}

// searchPathHere is the same of DATABASE_URL.
func (s site) searchPathHere() string {
	_, query, _ := strings.Cut(s.here.DatabaseURL.Reveal(), "?")
	options, _ := url.ParseQuery(query)
	path := options.Get("search_path")
	if _, given, ok := strings.Cut(options.Get("options"), "search_path="); ok && path == "" {
		path, _, _ = strings.Cut(given, " ")
	}
	path = strings.NewReplacer(" ", "", `"`, "").Replace(path)
	if path == "public" || path == "$user,public" {
		return ""
	}
	return path
}

// engineLines are the settings of sessions that say where these are.
func (s site) engineLines() []line {
	name, known := s.djangoEngine()
	if !known {
		return nil
	}
	lines := []line{quoted("SESSION_ENGINE", name)}
	if name == "cache" || name == "cached_db" {
		alias, _ := s.django["SESSION_CACHE_ALIAS"].(string)
		lines = append(lines, quoted("SESSION_CACHE_ALIAS", cmp.Or(alias, "default")))
	}
	f := s.facts.Session
	if f == nil || name != "db" && name != "cached_db" {
		return lines
	}
	var filled []string
	for _, column := range slices.Sorted(maps.Keys(f.Filled)) {
		filled = append(filled, column+"="+f.Filled[column])
	}
	return append(lines, quoted("SESSION_TABLE", sessionTable(f.Table)), quoted("SESSION_SALT", f.Salt),
		listed("SESSION_COLUMNS", filled))
}
