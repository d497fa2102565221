package sharing

import (
	"maps"
	"slices"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/facts"
)

// allCases are those with settings and those with facts.
func allCases() map[string]testCase {
	all := maps.Clone(cases)
	maps.Copy(all, factsCases)
	return all
}

// member are the users of a model with a UUID as its key.
func member(f *facts.Facts) {
	f.Settings["AUTH_USER_MODEL"] = "crew.Member"
	*f.User = facts.User{
		Model: "crew.Member", Table: "members", Key: facts.Key{Field: "no", Column: "no", Kind: "uuid"},
		Username: facts.Name{Field: "email", Column: "mail", MaxLength: 254},
		Email:    &facts.Name{Field: "email", Column: "mail", MaxLength: 254},
		Columns: []facts.Column{
			{Name: "no", Column: "no", Type: "char(32)"},
			{Name: "email", Column: "mail", Type: "varchar(254)"},
			{Name: "password", Column: "password"},
			{Name: "is_active", Column: "is_active"},
			{Name: "is_admin", Column: "is_admin"},
		},
		Flags:  map[string]*facts.Flag{"is_staff": {Column: "is_admin"}, "is_superuser": {Value: false}},
		Groups: &facts.Link{Table: "teams", User: "m", Other: "g", To: "auth.Group"},
		Case:   "exact", AuthHash: "django",
	}
}

// everybodyActive are users of a model that keeps nobody out.
func everybodyActive(f *facts.Facts) {
	member(f)
	f.User.Columns = slices.DeleteFunc(f.User.Columns, func(c facts.Column) bool { return c.Name == "is_active" })
	f.User.Flags["is_active"] = &facts.Flag{Value: true}
}

// computesActive are users of a model that keeps people out by a rule of its own.
func computesActive(f *facts.Facts) {
	everybodyActive(f)
	f.User.Flags["is_active"] = nil
}

// linkedWithTeams are users whose groups are not those of Django.
func linkedWithTeams(f *facts.Facts) {
	member(f)
	f.User.Groups.To = "crew.Team"
}

var memberHere = []string{
	"AUTH_USER_MODEL", "crew.Member", "AUTH_USER_TABLE", "members",
	"AUTH_USER_COLUMNS", "is_staff=is_admin,username=mail,id=no,email=mail", "AUTH_USER_KEY_TYPE", "uuid",
	"AUTH_USER_CASE", "exact", "AUTH_USER_GROUPS", "teams(m,g)", "AUTH_USER_PERMISSIONS", "none",
}

// here returns settings as written, with one changed.
func here(written []string, name, value string) []string {
	return append(append([]string(nil), written...), name, value)
}

// sessionsHere are the settings of Django's own session model.
var sessionsHere = []string{"SESSION_TABLE", "django_session", "SESSION_SALT", "django.contrib.sessions.SessionStore"}

// account are sessions of the model in Django's documentation.
func account(f *facts.Facts) {
	f.Session.Table, f.Session.Salt = "accounts", "django.contrib.sessions.Sessions"
	f.Session.Columns = []facts.Column{{Name: "account_id", Column: "account_id", Null: true}}
	f.Session.Filled = map[string]string{"account_id": "_auth_user_id"}
}

var accountHere = []string{
	"SESSION_TABLE", "accounts", "SESSION_SALT", "django.contrib.sessions.Sessions",
	"SESSION_COLUMNS", "account_id=_auth_user_id",
}

// a case of facts: stock sessions here unless written says otherwise.
func ofFacts(want string, change func(*facts.Facts), written ...string) testCase {
	return testCase{facts: change, written: append(append([]string(nil), sessionsHere...), written...), want: want}
}

var factsCases = map[string]testCase{
	"facts":                 ofFacts("", func(*facts.Facts) {}),
	"facts, fallbacks":      ofFacts("W101", func(f *facts.Facts) { f.Fallbacks = 1 }),
	"facts, no key":         {facts: func(*facts.Facts) {}, written: sessionsHere, here: []string{"SECRET_KEY", ""}, want: "E001"},
	"facts, other release":  ofFacts("W127", func(f *facts.Facts) { f.Django = "5.2.1"; f.Hashers[0].Iterations = 1_000_000 }),
	"facts, own hasher":     ofFacts("", func(f *facts.Facts) { f.Settings["PASSWORD_HASHERS"].([]any)[0] = "site.Hasher" }),
	"facts, foreign hasher": ofFacts("W119", func(f *facts.Facts) { f.Settings["PASSWORD_HASHERS"].([]any)[0] = "site.Hasher"; f.Hashers[0] = nil }),
	"facts, schemas": {
		facts: schemas("app", "public"), written: sessionsHere, here: []string{"DATABASE_URL", mine}, want: "E128",
	},
	"facts, same schemas": {
		facts: schemas("app", "public"), written: sessionsHere, here: []string{"DATABASE_URL", mine + "?search_path=app,public"},
	},
	"facts, same schemas as options": {
		facts: schemas("app"), written: sessionsHere, here: []string{"DATABASE_URL", mine + "?options=-c%20search_path%3Dapp"},
	},
	"facts, usual schemas": {facts: schemas("public"), written: sessionsHere, here: []string{"DATABASE_URL", mine}},
	"facts, two databases": ofFacts("E127", func(f *facts.Facts) { f.Session.Database = "other" }),

	"member":                   ofFacts("", member, memberHere...),
	"member, unknown":          ofFacts("E113", member),
	"member, table":            ofFacts("E113", member, here(memberHere, "AUTH_USER_TABLE", "")...),
	"member, columns":          ofFacts("E113", member, here(memberHere, "AUTH_USER_COLUMNS", "id=no")...),
	"member, key":              ofFacts("E113", member, here(memberHere, "AUTH_USER_KEY_TYPE", "text")...),
	"member, groups":           ofFacts("E113", member, here(memberHere, "AUTH_USER_GROUPS", "none")...),
	"member, permission":       ofFacts("E113", member, here(memberHere, "AUTH_USER_PERMISSIONS", "")...),
	"member, case":             ofFacts("W135", member, here(memberHere, "AUTH_USER_CASE", "ignore")...),
	"member, own case":         ofFacts("W135", func(f *facts.Facts) { member(f); f.User.Case = "own" }, memberHere...),
	"member, other key":        ofFacts("E118", func(f *facts.Facts) { member(f); f.User.Key.Kind = "other" }, memberHere...),
	"member, own hash":         ofFacts("E119", func(f *facts.Facts) { member(f); f.User.AuthHash = "own" }, memberHere...),
	"member, teams":            ofFacts("W133", linkedWithTeams, here(memberHere, "AUTH_USER_GROUPS", "none")...),
	"member, teams for groups": ofFacts("E113 W133", linkedWithTeams, memberHere...),
	"member, active":           ofFacts("", everybodyActive, here(memberHere, "AUTH_USER_COLUMNS", "is_active=,is_staff=is_admin,username=mail,id=no,email=mail")...),
	"member, activity":         ofFacts("E129", computesActive, memberHere...),
	"member, activity known":   ofFacts("E129", computesActive, here(memberHere, "AUTH_USER_COLUMNS", "is_active=,is_staff=is_admin,username=mail,id=no,email=mail")...),
	"member, some rows":        ofFacts("E130", func(f *facts.Facts) { member(f); f.User.AllRows = new(bool) }, memberHere...),
	"member, own flag":         ofFacts("W134", func(f *facts.Facts) { member(f); f.User.Flags["is_superuser"] = nil }, memberHere...),

	"account":               ofFacts("", account, accountHere...),
	"account, table":        ofFacts("E124", account, here(accountHere, "SESSION_TABLE", "django_session")...),
	"account, salt":         ofFacts("E125", account, here(accountHere, "SESSION_SALT", "x")...),
	"account, columns":      ofFacts("W136", account, here(accountHere, "SESSION_COLUMNS", "")...),
	"account, own format":   ofFacts("E103", func(f *facts.Facts) { account(f); f.Session.Format = "own" }, accountHere...),
	"account, other engine": ofFacts("E103", func(f *facts.Facts) { account(f); f.Session.Base = "" }, accountHere...),
	"account, not filled": ofFacts("W137", func(f *facts.Facts) {
		f.Session.Columns = []facts.Column{{Column: "browser", Null: true}}
	}),
	"account, required": ofFacts("E126", func(f *facts.Facts) { f.Session.Columns = []facts.Column{{Column: "browser"}} }),
	"account, own age":  ofFacts("W142", func(f *facts.Facts) { f.Session.OwnAge = true }),
	"account, point":    ofFacts("", func(f *facts.Facts) { account(f); f.Session.Table = "a.b" }, here(accountHere, "SESSION_TABLE", `"a.b"`)...),
	"account, age":      ofFacts("W106", func(f *facts.Facts) { f.Session.CookieAge = "60" }),
	"account, cache": {
		facts: func(f *facts.Facts) {
			f.Session.Base, f.Session.CacheKeyPrefix = "cache", "mine"
			f.Caches["default"] = facts.Cache{
				Backend: "django_redis.cache.RedisCache", KeyFunction: "django", Location: []string{"redis://localhost/1"},
			}
		},
		here: cacheHere, want: "W105",
	},

	"otp":      ofFacts("W138", func(f *facts.Facts) { f.Installed = map[string]string{"django_otp": "1", "two_factor": "1"} }),
	"axes":     ofFacts("W139", installs("axes", "axes.backends.AxesStandaloneBackend")),
	"hijack":   ofFacts("W140", installs("hijack")),
	"guardian": ofFacts("W141", installs("guardian", "guardian.backends.ObjectPermissionBackend")),
	"allauth, known": {
		facts: installs("allauth", "allauth.account.auth_backends.AuthenticationBackend"), written: sessionsHere,
		here: []string{
			"AUTHENTICATION_BACKENDS",
			"allauth.account.auth_backends.AuthenticationBackend,django.contrib.auth.backends.ModelBackend",
		},
	},
	"usersessions":       ofFacts("W144", installs("allauth.usersessions")),
	"usersessions, none": {facts: installs("allauth.usersessions"), written: sessionsHere, here: []string{"DEVICES", "none"}},
	"usersessions, same": {facts: installs("allauth.usersessions"), written: sessionsHere, here: []string{"DEVICES", "allauth"}},
	"allauth":            ofFacts("W117", installs("allauth", "allauth.account.auth_backends.AuthenticationBackend")),
}

// schemas of PostgreSQL.
func schemas(path ...string) func(*facts.Facts) {
	return func(f *facts.Facts) {
		*f.Database = facts.Database{
			Alias: "default", Vendor: "postgresql", Engine: "django.db.backends.postgresql",
			Name: "site", Host: "127.0.0.1", Schemas: path,
		}
	}
}

// installs a package that has backends.
func installs(name string, backends ...any) func(*facts.Facts) {
	return func(f *facts.Facts) {
		f.Installed = map[string]string{name: "1.0"}
		f.Settings["AUTHENTICATION_BACKENDS"] = append(f.Settings["AUTHENTICATION_BACKENDS"].([]any), backends...)
	}
}
