package sharing

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/facts"
	"github.com/jamsession/jamsession/cmd/jamsession/internal/tomltext"
	"github.com/jamsession/jamsession/internal/conf"
)

// OtherUsers is the id of the finding that Django's users are in another table.
const OtherUsers = "jamsession.E113"

// userModel compares which users there are, and where.
func (s site) userModel() []conf.Finding {
	model, ok := s.django["AUTH_USER_MODEL"].(string)
	switch {
	case !ok:
		return s.notUnderstood("AUTH_USER_MODEL")
	case model != s.userSetting("AUTH_USER_MODEL"):
		return s.finding("user_model", fields{"Django": model, "Here": s.userSetting("AUTH_USER_MODEL")})
	case s.facts.User == nil:
		return nil
	}
	return append(s.userTable(), s.userRules()...)
}

// userTable compares the settings that describe the table of users.
func (s site) userTable() []conf.Finding {
	u := s.facts.User
	if u.Key.Kind == "other" {
		return s.finding("user_key", fields{"Django": u.Key.Class})
	}
	var findings []conf.Finding
	for _, l := range s.linesFor("AUTH_USER_TABLE", "AUTH_USER_COLUMNS", "AUTH_USER_KEY_TYPE",
		"AUTH_USER_GROUPS", "AUTH_USER_PERMISSIONS") {
		if !s.sameUserSetting(l) {
			findings = append(findings, s.finding(l.name, fields{"Here": shown(s.userSetting(l.name))})...)
		}
	}
	return findings
}

// userSetting returns one of AUTH_USER_*, as it was written.
func (s site) userSetting(name string) string {
	if written := s.here.Get(name); written != "" || name != "AUTH_USER_MODEL" {
		return written
	}
	return stockModel
}

// sameUserSetting reports whether a setting means what a line says. What it
// means without a value is written in more than one way.
func (s site) sameUserSetting(l line) bool {
	u := s.facts.User
	here, there := s.userSetting(l.name), tomltext.Read(l.value)
	switch l.name {
	case "AUTH_USER_TABLE":
		return cmp.Or(here, tableOf(u.Model)) == u.Table
	case "AUTH_USER_COLUMNS":
		return slices.Equal(s.columnsIn(here), s.columnsIn(there))
	case "AUTH_USER_KEY_TYPE":
		return here == there || here == u.Key.Kind
	case "AUTH_USER_GROUPS":
		return here == there || here == writtenLink(usedGroups(u))
	case "AUTH_USER_PERMISSIONS":
		return here == there || here == writtenLink(usedPermissions(u))
	}
	return here == there
}

// columnsIn are the entries of AUTH_USER_COLUMNS that say something, sorted. What stands in for a
// computed is_active is the program's choice.
func (s site) columnsIn(written string) []string {
	active, computed := s.facts.User.Flags["is_active"]
	computed = computed && active == nil
	var list []string
	for entry := range strings.SplitSeq(written, ",") {
		field, column, _ := strings.Cut(strings.TrimSpace(entry), "=")
		if field != strings.TrimSpace(column) && (field != "is_active" || !computed) {
			list = append(list, field+"="+strings.TrimSpace(column))
		}
	}
	slices.Sort(list)
	return list
}

// userRules compares what the model does.
func (s site) userRules() []conf.Finding {
	u := s.facts.User
	var findings []conf.Finding
	switch here := s.here.Get("AUTH_USER_CASE"); {
	case u.Case == "own":
		findings = append(findings, s.finding("user_case_own", nil)...)
	case u.Case != "" && here != "" && u.Case != here:
		findings = append(findings, s.finding("user_case", fields{"Django": u.Case, "Here": here})...)
	}
	if u.AuthHash == "own" {
		findings = append(findings, s.finding("auth_hash", nil)...)
	}
	for link, to := range map[*facts.Link]string{u.Groups: groupModel, u.Permissions: permissionModel} {
		if link != nil && link.To != to {
			findings = append(findings, s.finding("groups_model", fields{"Django": link.To, "Here": to})...)
		}
	}
	if u.AllRows != nil && !*u.AllRows {
		findings = append(findings, s.finding("user_rows", fields{"Django": u.Table})...)
	}
	for _, name := range slices.Sorted(maps.Keys(u.Flags)) {
		switch f := u.Flags[name]; {
		case f != nil && (f.Column != "" || f.Value == (name == "is_active")):
		case name == "is_active":
			findings = append(findings, s.finding("user_active", nil)...)
		default:
			findings = append(findings, s.finding("user_flag", fields{"Name": name})...)
		}
	}
	return findings
}

const modelBackend = "django.contrib.auth.backends.ModelBackend"

// backends compares whose sessions each side takes.
func (s site) backends() []conf.Finding {
	var findings []conf.Finding
	list, ok := s.texts("AUTHENTICATION_BACKENDS", &findings)
	if !ok {
		return findings
	}
	here := s.here.AuthenticationBackends
	if len(here) == 0 {
		here = []string{modelBackend}
	}
	if !slices.Contains(list, here[0]) {
		findings = append(findings, s.finding("model_backend_missing", fields{"Here": here[0]})...)
	}
	for _, name := range list {
		if !slices.Contains(here, name) && !slices.Contains(silentBackends, name) {
			findings = append(findings, s.finding("backend_unknown", fields{"Django": name})...)
		}
	}
	return findings
}

// backendLines are the backends of Django that are known to find users as this
// program does.
func (s site) backendLines() []line {
	var names []string
	for _, b := range s.facts.Backends {
		if b != nil && b.SameUsers && !slices.Contains(silentBackends, b.Class) {
			names = append(names, b.Class)
		}
	}
	if len(names) == 0 {
		return nil
	}
	if slices.Equal(names, []string{modelBackend}) {
		names = nil
	}
	return []line{listed("AUTHENTICATION_BACKENDS", names)}
}

// middleware looks for what makes Django's sessions and logins work.
func (s site) middleware() []conf.Finding {
	var findings []conf.Finding
	list, ok := s.texts("MIDDLEWARE", &findings)
	for _, m := range []struct{ path, finding string }{
		{"django.contrib.sessions.middleware.SessionMiddleware", "session_middleware"},
		{"django.contrib.auth.middleware.AuthenticationMiddleware", "auth_middleware"},
	} {
		if ok && !slices.Contains(list, m.path) {
			findings = append(findings, s.finding(m.finding, nil)...)
		}
	}
	return findings
}

// algorithms are those of Django's own hashers, by the names of their classes.
var algorithms = map[string]string{
	"PBKDF2PasswordHasher": "pbkdf2_sha256", "PBKDF2SHA1PasswordHasher": "pbkdf2_sha1",
	"Argon2PasswordHasher": "argon2", "ScryptPasswordHasher": "scrypt",
	"BCryptSHA256PasswordHasher": "bcrypt_sha256", "BCryptPasswordHasher": "bcrypt",
	"MD5PasswordHasher": "md5", "SHA1PasswordHasher": "sha1", "UnsaltedMD5PasswordHasher": "unsalted_md5",
	"UnsaltedSHA1PasswordHasher": "unsalted_sha1", "CryptPasswordHasher": "crypt",
}

// djangoAlgorithms returns the algorithms that Django reads, the preferred
// one first, and the classes that are not Django's own.
func (s site) djangoAlgorithms() (known, own []string) {
	list, _ := asTexts(s.django["PASSWORD_HASHERS"])
	for i, path := range list {
		algorithm := s.algorithmOf(i, path)
		if algorithm == "" {
			own = append(own, path)
			algorithm = path
		}
		known = append(known, algorithm)
	}
	return known, own
}

// algorithmOf returns the algorithm of a hasher, if its hashes are as those of
// Django's. Facts know that of a class of the site's own.
func (s site) algorithmOf(i int, path string) string {
	if i < len(s.facts.Hashers) && s.facts.Hashers[i] != nil && s.facts.Hashers[i].Djangos {
		return s.facts.Hashers[i].Algorithm
	}
	class, ok := strings.CutPrefix(path, "django.contrib.auth.hashers.")
	if !ok {
		return ""
	}
	return algorithms[class]
}

// standardAlgorithms are the ones that settings read if none are named.
var standardAlgorithms = []string{"pbkdf2_sha256", "pbkdf2_sha1", "argon2", "bcrypt_sha256", "scrypt"}

func (s site) myAlgorithms() []string {
	if len(s.here.PasswordHashers) > 0 {
		return s.here.PasswordHashers
	}
	return standardAlgorithms
}

func (s site) hashers() []conf.Finding {
	var findings []conf.Finding
	if _, ok := s.texts("PASSWORD_HASHERS", &findings); !ok {
		return findings
	}
	there, own := s.djangoAlgorithms()
	here := s.myAlgorithms()
	for _, path := range own {
		findings = append(findings, s.finding("hasher_not_djangos", fields{"Django": path})...)
	}
	if len(there) > 0 && there[0] != here[0] && len(own) == 0 && s.here.PasswordUpgrade {
		values := fields{"Django": there[0], "Here": here[0]}
		findings = append(findings, s.finding("hashers_differ", values)...)
	}
	for _, algorithm := range here {
		if algorithm == here[0] && len(own) == 0 && !slices.Contains(there, algorithm) {
			findings = append(findings, s.finding("hasher_unread_by_django", fields{"Here": algorithm})...)
		}
	}
	return findings
}
