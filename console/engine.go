package console

// An engine is where sessions are, with what it promises: the table of docs/engines.md.
type engine struct {
	Name     string
	Promises []promise
}

// A promise is kept, or not.
type promise struct{ What, How string }

// engineName is SESSION_ENGINE, with the kind of its cache.
func (c *Console) engineName() string {
	name := c.conf.SessionEngine
	if cache, err := c.conf.SessionCache(); err == nil && (name == "cache" || name == "cached_db") {
		name += " on " + cache.Kind()
	}
	return name
}

// promises are, by the engine, what survives a crash, whether a logout is final, whether no
// update is lost, and whether a rotation is one step.
var promises = map[string][4]string{
	"db":             {"acknowledged writes", "yes", "yes", "yes"},
	"cached_db":      {"as the database", "yes", "yes", "yes"},
	"redis":          {"with its append-only file", "yes", "yes", "yes; in a cluster two steps"},
	"memcached":      {"no", "yes", "yes", "two steps"},
	"dbcache":        {"as the database", "yes", "yes", "two steps"},
	"filecache":      {"yes, on the machine", "yes", "yes", "two steps"},
	"memory":         {"no", "yes", "yes", "yes"},
	"file":           {"acknowledged writes", "yes", "yes", "yes"},
	"signed_cookies": {"nothing to lose", "with devices; else no", "no", "–"},
	"deny_list":      {"as the list", "yes", "no", "yes"},
}

func (c *Console) engine() engine {
	e := engine{Name: c.engineName()}
	p, ok := promises[c.kindOfEngine()]
	if !ok {
		return e
	}
	for i, what := range []string{
		"Survives a crash", "A logout is final", "No lost update", "A rotation is one step",
	} {
		e.Promises = append(e.Promises, promise{what, p[i]})
	}
	return e
}

func (c *Console) kindOfEngine() string {
	switch name := c.conf.SessionEngine; name {
	case "cache":
		cache, err := c.conf.SessionCache()
		if err != nil {
			return ""
		}
		switch kind := cache.Kind(); kind {
		case "db":
			return "dbcache"
		case "file":
			return "filecache"
		default:
			return kind
		}
	case "signed_cookies":
		if c.conf.SessionDenyList != "none" {
			return "deny_list"
		}
		return name
	default:
		return name
	}
}
