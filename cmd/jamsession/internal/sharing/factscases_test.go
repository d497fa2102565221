package sharing

import (
	"maps"

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
func known(want string, change func(*facts.Facts), written ...string) testCase {
	return testCase{facts: change, written: append(append([]string(nil), sessionsHere...), written...), want: want}
}

var factsCases = map[string]testCase{
	"facts":                 known("", func(*facts.Facts) {}),
	"facts, fallbacks":      known("W101", func(f *facts.Facts) { f.Fallbacks = 1 }),
	"facts, no key":         {facts: func(*facts.Facts) {}, written: sessionsHere, here: []string{"SECRET_KEY", ""}, want: "E001"},
	"facts, other release":  known("W127", func(f *facts.Facts) { f.Django = "5.2.1"; f.Hashers[0].Iterations = 1_000_000 }),
	"facts, own hasher":     known("", func(f *facts.Facts) { f.Settings["PASSWORD_HASHERS"].([]any)[0] = "site.Hasher" }),
	"facts, foreign hasher": known("W119", func(f *facts.Facts) { f.Settings["PASSWORD_HASHERS"].([]any)[0] = "site.Hasher"; f.Hashers[0] = nil }),
	"facts, two databases":  known("E127", func(f *facts.Facts) { f.Session.Database = "other" }),

	"member":             known("", member, memberHere...),
	"member, unknown":    known("E113", member),
	"member, table":      known("E113", member, here(memberHere, "AUTH_USER_TABLE", "")...),
	"member, columns":    known("E113", member, here(memberHere, "AUTH_USER_COLUMNS", "id=no")...),
	"member, key":        known("E113", member, here(memberHere, "AUTH_USER_KEY_TYPE", "text")...),
	"member, groups":     known("E113", member, here(memberHere, "AUTH_USER_GROUPS", "none")...),
	"member, permission": known("E113", member, here(memberHere, "AUTH_USER_PERMISSIONS", "")...),
	"member, case":       known("W135", member, here(memberHere, "AUTH_USER_CASE", "ignore")...),
	"member, own case":   known("W135", func(f *facts.Facts) { member(f); f.User.Case = "own" }, memberHere...),
	"member, other key":  known("E118", func(f *facts.Facts) { member(f); f.User.Key.Kind = "other" }, memberHere...),
	"member, own hash":   known("E119", func(f *facts.Facts) { member(f); f.User.AuthHash = "own" }, memberHere...),
	"member, teams":      known("W133", func(f *facts.Facts) { member(f); f.User.Groups.To = "crew.Team" }, memberHere...),
	"member, own flag":   known("W134", func(f *facts.Facts) { member(f); f.User.Flags["is_superuser"] = nil }, memberHere...),

	"account":               known("", account, accountHere...),
	"account, table":        known("E124", account, here(accountHere, "SESSION_TABLE", "django_session")...),
	"account, salt":         known("E125", account, here(accountHere, "SESSION_SALT", "x")...),
	"account, columns":      known("W136", account, here(accountHere, "SESSION_COLUMNS", "")...),
	"account, own format":   known("E103", func(f *facts.Facts) { account(f); f.Session.Format = "own" }, accountHere...),
	"account, other engine": known("E103", func(f *facts.Facts) { account(f); f.Session.Base = "" }, accountHere...),
	"account, not filled": known("W137", func(f *facts.Facts) {
		f.Session.Columns = []facts.Column{{Column: "browser", Null: true}}
	}),
	"account, required": known("E126", func(f *facts.Facts) { f.Session.Columns = []facts.Column{{Column: "browser"}} }),
	"account, age":      known("W106", func(f *facts.Facts) { f.Session.CookieAge = "60" }),
	"account, cache": {
		facts: func(f *facts.Facts) {
			f.Session.Base, f.Session.CacheKeyPrefix = "cache", "mine"
			f.Caches["default"] = facts.Cache{
				Backend: "django_redis.cache.RedisCache", KeyFunction: "django", Location: []string{"redis://localhost/1"},
			}
		},
		here: cacheHere, want: "E105",
	},

	"otp":      known("W138", func(f *facts.Facts) { f.Installed = map[string]string{"django_otp": "1", "two_factor": "1"} }),
	"axes":     known("W139", installs("axes", "axes.backends.AxesStandaloneBackend")),
	"hijack":   known("W140", installs("hijack")),
	"guardian": known("W141", installs("guardian", "guardian.backends.ObjectPermissionBackend")),
	"allauth":  known("W117", installs("allauth", "allauth.account.auth_backends.AuthenticationBackend")),
}

// installs a package that has backends.
func installs(name string, backends ...any) func(*facts.Facts) {
	return func(f *facts.Facts) {
		f.Installed = map[string]string{name: "1.0"}
		f.Settings["AUTHENTICATION_BACKENDS"] = append(f.Settings["AUTHENTICATION_BACKENDS"].([]any), backends...)
	}
}
