package conf

import (
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/internal/siteparts"
)

// checkLinks asks who can read and change what travels between the site and
// its servers. Nobody can on a link to this machine or through a socket.
func (s *Settings) checkLinks() []Finding {
	return slices.Concat(
		s.checkDatabaseLink(), s.checkDatabaseUser(), s.checkDatabaseFile(), s.checkCacheLink(),
		s.checkPushLink(),
	)
}

func (s *Settings) checkDatabaseLink() []Finding {
	u, err := parseDatabaseURL(s.DatabaseURL.Reveal())
	if err != nil || u.Scheme == "sqlite" || !isRemote(u.Server) {
		return nil
	}
	fault, hint := postgresFault(u.Server), "Write ?sslmode=verify-full, with sslrootcert= if the "+
		"certificate is your own."
	if u.Scheme == "mysql" {
		fault, hint = mysqlFault(u.Server), "Write ?tls=true, or ?ssl_ca= with the path of your "+
			"own certificate."
	}
	if fault == "" {
		return nil
	}
	return warn("jamsession.W010", "DATABASE_URL leads to another machine, and "+fault+
		": anyone on the network path can read password hashes and sessions, or forge answers.", hint)
}

// isRemote reports whether others are on the way to the server.
func isRemote(s siteparts.Server) bool {
	host := s.Host
	if other := s.Options.Get("host"); other != "" {
		host = other
	}
	return s.Socket == "" && !isLocal(host)
}

// isLocal reports whether a host is this machine.
func isLocal(host string) bool {
	host = strings.ToLower(strings.Trim(host, "[]"))
	ip, err := netip.ParseAddr(host)
	return host == "" || host == "localhost" || strings.HasPrefix(host, "/") || err == nil && ip.IsLoopback()
}

// postgresFault says what sslmode leaves open; it has libpq's meaning.
func postgresFault(s siteparts.Server) string {
	mode := s.Options.Get("sslmode")
	if mode == "" {
		mode = os.Getenv("PGSSLMODE")
	}
	switch mode {
	case "verify-full":
		return ""
	case "require":
		return "sslmode require does not check whose certificate it is"
	case "verify-ca":
		return "sslmode verify-ca does not check the name in the certificate"
	case "", "prefer", "allow":
		return "its connections are encrypted only if the server agrees, and an attacker can disagree"
	}
	return "its connections are not encrypted"
}

func mysqlFault(s siteparts.Server) string {
	switch strings.ToLower(s.Options.Get("tls")) {
	case "skip-verify":
		return "tls=skip-verify does not check whose certificate it is"
	case "preferred":
		return "its connections are encrypted only if the server agrees, and an attacker can disagree"
	case "", "0", "false":
		if s.Options.Get("ssl_ca") != "" {
			return ""
		}
		return "its connections are not encrypted"
	}
	return ""
}

// superusers are the accounts that servers are installed with.
var superusers = []string{"postgres", "root", "mysql", "mariadb", "admin"}

func (s *Settings) checkDatabaseUser() []Finding {
	u, err := parseDatabaseURL(s.DatabaseURL.Reveal())
	if err != nil || u.Scheme == "sqlite" {
		return nil
	}
	var findings []Finding
	if slices.Contains(superusers, u.Server.User) {
		findings = warn("jamsession.W011",
			"The user in DATABASE_URL is "+u.Server.User+", who may do anything with the server: a "+
				"fault in the site then opens all its databases.",
			"Make a user who may use only the site's tables.")
	}
	certificate := u.Server.Options.Has("sslcert") || u.Server.Options.Has("passfile") ||
		os.Getenv("PGPASSWORD") != "" || os.Getenv("PGPASSFILE") != ""
	if isRemote(u.Server) && u.Server.Password.IsZero() && !certificate {
		findings = append(findings, warn("jamsession.W012",
			"DATABASE_URL leads to another machine and has no password: the server lets in "+
				"anyone who reaches it.", "Give the user a password.")...)
	}
	return findings
}

// checkDatabaseFile asks for the modes of the file and of its folder. The
// hashes of all passwords are in it.
func (s *Settings) checkDatabaseFile() []Finding {
	u, err := parseDatabaseURL(s.DatabaseURL.Reveal())
	if err != nil || u.Scheme != "sqlite" {
		return nil
	}
	file, err := os.Stat(u.Path)
	if err != nil || file.Mode().Perm()&0o006 == 0 {
		return nil // not there yet, or for nobody else
	}
	if folder, err := os.Stat(filepath.Dir(u.Path)); err != nil || folder.Mode().Perm()&0o001 == 0 {
		return nil // others do not reach it
	}
	return warn("jamsession.W013",
		"Other users of this machine can read password hashes in the database, and take over "+
			"sessions.", "Run chmod o-rwx on the file.")
}

// usesCache reports whether anything of the site is in the sessions' cache.
func (s *Settings) usesCache() bool {
	return s.SessionEngine == "cache" || s.SessionEngine == "cached_db" ||
		s.SessionEngine == "signed_cookies" && s.SessionDenyList == "cache" || s.LoginLimitStore == "cache"
}

func (s *Settings) checkCacheLink() []Finding {
	c, ok := s.Caches[s.SessionCacheAlias]
	if !ok || !s.usesCache() {
		return nil
	}
	scheme, rest, _ := strings.Cut(c.URL.Reveal(), "://")
	if strings.HasSuffix(scheme, "unix") || c.Kind() == "memory" || c.Place() != "" || !hasRemote(rest) {
		return nil
	}
	_, query, _ := strings.Cut(rest, "?")
	options, _ := url.ParseQuery(query)
	const harm = ": anyone on the network path can read sessions, and forge one of any user."
	switch {
	case c.Kind() == "memcached":
		return warn("jamsession.W014",
			"CACHE_URL leads to a Memcached on another machine, without encryption"+harm,
			"Use rediss://, or a tunnel whose end is on this machine.")
	case !strings.HasPrefix(scheme, "rediss"):
		return warn("jamsession.W014",
			"CACHE_URL leads to another machine, without encryption"+harm, "Write rediss://.")
	case options.Has("skip_verify"):
		return warn("jamsession.W014",
			"CACHE_URL leads to another machine, and skip_verify does not check whose certificate "+
				"it is"+harm, "Remove the option.")
	case !strings.Contains(rest, "@"):
		return warn("jamsession.W015",
			"CACHE_URL leads to another machine and has no password: anyone who reaches the server "+
				"can forge a session of any user.", "Write rediss://user:password@host.")
	}
	return nil
}

// checkPushLink asks the same of what carries word between processes. Somebody who
// changes it has others look at their tables, and gets nothing; somebody who reads it learns
// the password.
func (s *Settings) checkPushLink() []Finding {
	at, err := s.DevicePush()
	if err != nil || s.Devices == "none" || s.DevicePushURL.IsZero() {
		return nil // the cache is for checkCacheLink
	}
	var findings []Finding
	if at.Kind == "postgres" && at.Server.Port == poolerPort {
		findings = warn("jamsession.W063",
			"DEVICE_PUSH_URL has the port of PgBouncer, which cannot carry LISTEN in its transaction "+
				"mode: open pages learn of what ends in other processes a second late.",
			"Write the address of PostgreSQL itself.")
	}
	scheme, rest, _ := strings.Cut(at.URL.Reveal(), "://")
	redis := at.Kind == "redis" && !strings.HasPrefix(scheme, "rediss") &&
		!strings.HasSuffix(scheme, "unix") && hasRemote(rest)
	if redis || at.Kind == "postgres" && isRemote(at.Server) && postgresFault(at.Server) != "" {
		findings = append(findings, warn("jamsession.W062",
			"DEVICE_PUSH_URL leads to another machine without good encryption: anyone on the network "+
				"path can read its password, and who is logged out when.",
			"Write ?sslmode=verify-full for PostgreSQL, or rediss:// for Redis.")...)
	}
	return findings
}

// poolerPort is the port of PgBouncer as it is installed.
const poolerPort = "6432"

// hasRemote reports whether one of the hosts behind the scheme is another
// machine.
func hasRemote(rest string) bool {
	authority, query, _ := strings.Cut(rest, "?")
	authority, _, _ = strings.Cut(authority, "/")
	options, _ := url.ParseQuery(query)
	authority = authority[strings.LastIndexByte(authority, '@')+1:]
	list := append(strings.Split(authority, ","), options["addr"]...)
	return slices.ContainsFunc(list, func(address string) bool {
		u, err := url.Parse("//" + address)
		return err != nil || !isLocal(u.Hostname())
	})
}
