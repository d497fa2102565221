package attacks

import (
	"context"
	"database/sql"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/devices"
	hashing "github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/reset"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/auth/throttle/redisthrottle"
	"github.com/jamsession/jamsession/auth/throttle/sqlthrottle"
	links "github.com/jamsession/jamsession/auth/token"
	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/cookiestore"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/filestore"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/mail"
	"github.com/jamsession/jamsession/memcachestore"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/pgstore"
	"github.com/jamsession/jamsession/redisstore"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// A refusal is a call of a constructor with something invalid, and the word
// of the error that names it.
type refusal struct {
	of    string // the constructor: "session.New"
	names string
	call  func(ctx context.Context) (any, error)
}

// outcome is a call of a constructor whose result has a type of its own.
func outcome[T any](v T, err error) (any, error) { return v, err }

// tooBad are cookies that no browser would keep.
var tooBad = []cookie.Options{
	{Name: "no name"},
	{Domain: "localhost:8000"},
	{Path: "app"},
	{Name: "__Host-x", Domain: "example.com"},
}

// refusals are the constructors of the packages in constructing, with bad data.
func refusals(folder string) []refusal {
	keys, db := secrettest.Keys(secretKey), memstore.New()
	cookies := noerror.In(cookiestore.New(keys, nil))
	cache := noerror.In(memstore.NewCache(100))
	var none rueidis.Client
	site := django.Database{DB: new(sql.DB)} // which nobody asks
	list := []refusal{
		{"session.New", "store", func(context.Context) (any, error) { return outcome(session.New(nil, nil)) }},
		{"session.New", "HashKeys", func(context.Context) (any, error) {
			return outcome(session.New(noerror.In(cookiestore.New(keys, nil)), session.Hardened()))
		}},
		{"memstore.NewLimited", "max", func(context.Context) (any, error) {
			return outcome(memstore.NewLimited(0))
		}},
		{"memstore.NewCache", "max", func(context.Context) (any, error) {
			return outcome(memstore.NewCache(0))
		}},
		{"cookiestore.New", "keys", func(context.Context) (any, error) {
			return outcome(cookiestore.New(secret.Keys{}, nil))
		}},
		{"cookiestore.New", "Options.MaxAge", func(context.Context) (any, error) {
			return outcome(cookiestore.New(keys, &cookiestore.Options{MaxAge: -1}))
		}},
		{"cookiestore.New", "Options.MaxAge", func(context.Context) (any, error) {
			return outcome(cookiestore.New(keys, &cookiestore.Options{MaxAge: time.Millisecond}))
		}},
		{"cookiestore.New", "Options.Revoked", func(context.Context) (any, error) {
			return outcome(cookiestore.New(keys, &cookiestore.Options{Revoked: cookies}))
		}},
		{"cachedstore.New", "database makes its keys", func(context.Context) (any, error) {
			return outcome(cachedstore.New(cookies, cache, nil))
		}},
		{"cachedstore.New", "database", func(context.Context) (any, error) {
			return outcome(cachedstore.New(nil, cache, nil))
		}},
		{"cachedstore.New", "cache", func(context.Context) (any, error) { return outcome(cachedstore.New(db, nil, nil)) }},
		{"cachedstore.New", "Options.Lifetime", func(context.Context) (any, error) {
			return outcome(cachedstore.New(db, cache, &cachedstore.Options{Lifetime: -1}))
		}},
		{"cachedstore.New", "Options.Timeout", func(context.Context) (any, error) {
			return outcome(cachedstore.New(db, cache, &cachedstore.Options{Timeout: -1}))
		}},
		{"filestore.New", "Options.Prefix", func(context.Context) (any, error) {
			return outcome(filestore.New(folder, &filestore.Options{Prefix: "../x"}))
		}},
		{"filestore.New", "Options.MaxAge", func(context.Context) (any, error) {
			return outcome(filestore.New(folder, &filestore.Options{MaxAge: -1}))
		}},
		{"filestore.New", "Options.MaxAge", func(context.Context) (any, error) {
			return outcome(filestore.New(folder, &filestore.Options{MaxAge: time.Millisecond}))
		}},
		{"filestore.New", "dir", func(context.Context) (any, error) { return outcome(filestore.New("", nil)) }},
		{"filestore.New", "constructors_test.go", func(context.Context) (any, error) {
			return outcome(filestore.New("constructors_test.go", nil))
		}},
		{"redisstore.New", "client", func(context.Context) (any, error) { return outcome(redisstore.New(none, nil)) }},
		{"redisstore.NewCache", "client", func(context.Context) (any, error) {
			return outcome(redisstore.NewCache(none, nil))
		}},
		{"redisstore.Open", "Options.ClientCache", func(ctx context.Context) (any, error) {
			return outcome(redisstore.Open(ctx, "redis://127.0.0.1:1", &redisstore.Options{ClientCache: -1}))
		}},
		{"redisstore.Open", "Options.ClientCacheBytes", func(ctx context.Context) (any, error) {
			return outcome(redisstore.Open(ctx, "redis://127.0.0.1:1", &redisstore.Options{ClientCacheBytes: -1}))
		}},
		{"redisstore.Open", "redis", func(ctx context.Context) (any, error) {
			return outcome(redisstore.Open(ctx, "http://127.0.0.1:1", nil))
		}},
		{"redisstore.OpenCache", "redis", func(ctx context.Context) (any, error) {
			return outcome(redisstore.OpenCache(ctx, "http://127.0.0.1:1", nil))
		}},
		{"auth/throttle/redisthrottle.New", "client", func(context.Context) (any, error) {
			return outcome(redisthrottle.New(none, nil))
		}},
		{"auth/throttle.NewMemory", "buckets", func(context.Context) (any, error) {
			return outcome(throttle.NewMemory(0))
		}},
		{"auth/throttle.New", "keys", func(context.Context) (any, error) {
			return outcome(throttle.New(noerror.In(throttle.NewMemory(100_000)), secret.Keys{}, nil))
		}},
		{"auth/throttle.New", "store", func(context.Context) (any, error) { return outcome(throttle.New(nil, keys, nil)) }},
		{"auth/throttle/sqlthrottle.New", "Database.DB", func(ctx context.Context) (any, error) {
			return outcome(sqlthrottle.New(ctx, django.Database{}, nil))
		}},
		{"auth/throttle/sqlthrottle.New", "Options.Timeout", func(ctx context.Context) (any, error) {
			return outcome(sqlthrottle.New(ctx, site, &sqlthrottle.Options{Timeout: -1}))
		}},
		{"auth/devices.New", "Database.DB", func(ctx context.Context) (any, error) {
			return outcome(devices.New(ctx, django.Database{}, keys, nil))
		}},
		{"auth/devices.New", "keys", func(ctx context.Context) (any, error) {
			return outcome(devices.New(ctx, site, secret.Keys{}, nil))
		}},
		{"sqlstore.New", "Database.DB", func(ctx context.Context) (any, error) {
			return outcome(sqlstore.New(ctx, django.Database{}, nil))
		}},
		{"sqlstore.New", "Database.Dialect", func(ctx context.Context) (any, error) {
			return outcome(sqlstore.New(ctx, django.Database{DB: site.DB, Dialect: 17}, nil))
		}},
		{"sqlstore.New", "Options.ClearBatch", func(ctx context.Context) (any, error) {
			return outcome(sqlstore.New(ctx, site, &sqlstore.Options{ClearBatch: -1}))
		}},
		{"sqlstore.NewCache", "Database.DB is nil", func(ctx context.Context) (any, error) {
			return outcome(sqlstore.NewCache(ctx, django.Database{}, "cache", nil))
		}},
		{"sqlstore.NewCache", "250 characters", func(ctx context.Context) (any, error) {
			return outcome(sqlstore.NewCache(ctx, site, "cache", &sqlstore.CacheOptions{
				Prefix: strings.Repeat("x", 250),
			}))
		}},
		{"cachedstore.NewAlone", "cache", func(context.Context) (any, error) {
			return outcome(cachedstore.NewAlone(nil, nil))
		}},
		{"filestore.NewCache", "dir", func(context.Context) (any, error) {
			return outcome(filestore.NewCache("", nil))
		}},
		{"redisstore.NewPush", "client", func(context.Context) (any, error) {
			return outcome(redisstore.NewPush(none, "devices"))
		}},
		{"pgstore.NewPush", "configuration", func(context.Context) (any, error) {
			return outcome(pgstore.NewPush(nil, "devices"))
		}},
		{"pgstore.NewPush", "channel", func(context.Context) (any, error) {
			return outcome(pgstore.NewPush(new(pgx.ConnConfig), strings.Repeat("x", 64)))
		}},
		{"pgstore.New", "pool", func(ctx context.Context) (any, error) { return outcome(pgstore.New(ctx, nil, nil)) }},
		{"memcachestore.Open", "server", func(ctx context.Context) (any, error) {
			return outcome(memcachestore.Open(ctx, nil, nil))
		}},
		{"memcachestore.OpenCache", "server", func(ctx context.Context) (any, error) {
			return outcome(memcachestore.OpenCache(ctx, nil, nil))
		}},
		{"django.NewCookieSigner", "keys", func(context.Context) (any, error) {
			return outcome(django.NewCookieSigner(secret.Keys{}, nil))
		}},
		{"django.Signed", "keys", func(context.Context) (any, error) { return outcome(django.Signed(secret.Keys{})) }},
		{"messages.New", "keys", func(context.Context) (any, error) { return outcome(messages.New(secret.Keys{}, nil)) }},
		{"messages.New", "Options.Storage", func(context.Context) (any, error) {
			return outcome(messages.New(keys, &messages.Options{Storage: 17}))
		}},
		{"mail.NewSMTP", "sender", func(context.Context) (any, error) {
			return outcome(mail.NewSMTP("smtps://mail.example.com", "nobody"))
		}},
		{"mail.NewSMTP", "smtp", func(context.Context) (any, error) {
			return outcome(mail.NewSMTP("mail.example.com", "site@example.com"))
		}},
		{"secret.NewKeys", "key", func(context.Context) (any, error) { return outcome(secret.NewKeys("")) }},
		{"secret.NewKeys", "key", func(context.Context) (any, error) { return outcome(secret.NewKeys("x", "")) }},
	}
	for name, o := range map[string]memcachestore.Options{
		"Options.Prefix": {Prefix: "a b"}, "Options.Timeout": {Timeout: -1},
	} {
		list = append(list, refusal{"memcachestore.Open", name, func(ctx context.Context) (any, error) {
			return outcome(memcachestore.Open(ctx, []string{"127.0.0.1:1"}, &o))
		}})
	}
	for name, o := range map[string]session.Options{
		"Options.CookieAge": {CookieAge: -1}, "Options.IdleTimeout": {IdleTimeout: -time.Second},
		"Options.AbsoluteTimeout": {AbsoluteTimeout: -time.Hour}, "Options.Timeout": {Timeout: -1},
		// less than a second, where seconds count:
		"session: Options.CookieAge":       {CookieAge: time.Second - 1},
		"session: Options.IdleTimeout":     {IdleTimeout: 1},
		"session: Options.AbsoluteTimeout": {AbsoluteTimeout: time.Millisecond},
	} {
		list = append(list, refusal{"session.New", name, func(context.Context) (any, error) {
			return outcome(session.New(db, &o))
		}})
	}
	for name, o := range map[string]csrf.Options{
		"Options.HeaderName": {HeaderName: "X CSRF"}, "Options.CookieAge": {CookieAge: time.Millisecond},
		"Cookie":    {UseSessions: true, Cookie: cookie.Options{Name: "x"}},
		"CookieAge": {UseSessions: true, CookieAge: time.Hour},
	} {
		list = append(list, refusal{"csrf.New", name, func(context.Context) (any, error) {
			return outcome(csrf.New(&o))
		}})
	}
	attempts := noerror.In(throttle.NewMemory(1))
	for _, header := range []string{"X Forwarded", "X-Forwarded-For:"} {
		list = append(list, refusal{"auth/throttle.New", "Options.ForwardedHeader", func(context.Context) (any, error) {
			return outcome(throttle.New(attempts, keys, &throttle.Options{ForwardedHeader: header}))
		}})
	}
	for _, c := range tooBad {
		list = append(list,
			refusal{"auth/throttle.New", "throttle: Options.Cookie: ", func(context.Context) (any, error) {
				return outcome(throttle.New(attempts, keys, &throttle.Options{Cookie: c}))
			}},
			refusal{"session.New", "Options.Cookie", func(context.Context) (any, error) {
				return outcome(session.New(db, &session.Options{Cookie: c}))
			}},
			refusal{"csrf.New", "Options.Cookie", func(context.Context) (any, error) {
				return outcome(csrf.New(&csrf.Options{Cookie: c}))
			}},
			refusal{"messages.New", "Options.Cookie", func(context.Context) (any, error) {
				return outcome(messages.New(keys, &messages.Options{Cookie: c}))
			}})
	}
	return list
}

// authRefusals are the constructors of package auth and those below it.
func authRefusals() []refusal {
	keys, users := secrettest.Keys(secretKey), struct{ auth.UserStore }{}
	list := []refusal{
		{"auth.New", "keys", func(context.Context) (any, error) { return outcome(auth.New(users, secret.Keys{}, nil)) }},
		{"auth.New", "users", func(context.Context) (any, error) { return outcome(auth.New(nil, keys, nil)) }},
		{"auth.NewModelBackend", "users", func(context.Context) (any, error) {
			return outcome(auth.NewModelBackend(nil, nil))
		}},
		{"auth/reset.New", "logins", func(context.Context) (any, error) {
			return outcome(reset.New(nil, nil, nil, nil, nil))
		}},
		{"auth/throttle.New", "store", func(context.Context) (any, error) { return outcome(throttle.New(nil, keys, nil)) }},
		{"auth/throttle.New", "keys", func(context.Context) (any, error) {
			return outcome(throttle.New(noerror.In(throttle.NewMemory(100_000)), secret.Keys{}, nil))
		}},
		{"auth/throttle.New", "Options.Timeout", func(context.Context) (any, error) {
			return outcome(throttle.New(noerror.In(throttle.NewMemory(100_000)), keys, &throttle.Options{Timeout: -1}))
		}},
		{"auth/token.New", "keys", func(context.Context) (any, error) { return outcome(links.New(secret.Keys{}, nil)) }},
		{"auth/token.New", "Options.Lifetime", func(context.Context) (any, error) {
			return outcome(links.New(keys, &links.Options{Lifetime: -1}))
		}},
		{"auth/token.New", "Options.Lifetime", func(context.Context) (any, error) {
			return outcome(links.New(keys, &links.Options{Lifetime: time.Millisecond}))
		}},
		{"auth/sqlusers.New", "Database.DB", func(ctx context.Context) (any, error) {
			return outcome(sqlusers.New(ctx, django.Database{}, nil))
		}},
		{"auth/throttle/sqlthrottle.New", "Database.DB", func(ctx context.Context) (any, error) {
			return outcome(sqlthrottle.New(ctx, django.Database{}, nil))
		}},
	}
	for name, o := range map[string]devices.Options{
		"Options.AllAuth": {AllAuth: true}, "Options.Max": {Max: -1}, "Options.WhenFull": {WhenFull: 7},
		"Options.Address":    {Address: 7},
		"Options.AddressAge": {AddressAge: -1}, "Options.Timeout": {Timeout: -1},
	} {
		list = append(list, refusal{"auth/devices.New", name, func(ctx context.Context) (any, error) {
			return outcome(devices.New(ctx, django.Database{}, keys, &o))
		}})
	}
	for name, o := range map[string]auth.Options{
		"Options.Timeout": {Timeout: -1}, "Options.StayLoggedInAge": {StayLoggedInAge: -1},
		"Options.FloorAge": {FloorAge: -1}, "Options.LoginURL": {LoginURL: "login"},
		"Options.Backends[0]":   {Backends: []auth.Backend{nil}},
		"Options.Validators[0]": {Validators: []hashing.Validator{nil}},
	} {
		list = append(list, refusal{"auth.New", name, func(context.Context) (any, error) {
			return outcome(auth.New(users, keys, &o))
		}})
	}
	for name, o := range map[string]hashing.Options{
		"Options.Hashers[0]": {Hashers: []hashing.Hasher{nil}}, "Options.Parallel": {Parallel: -1},
		"Options.Wait": {Wait: -1}, "Options.Memory": {Memory: -1},
	} {
		list = append(list, refusal{"auth/password.New", name, func(context.Context) (any, error) {
			return outcome(hashing.New(&o))
		}})
	}
	return list
}

// TestConstructorsNameTheInvalidField: a constructor that is given invalid data
// returns nothing, and an error that names it. It does not panic, and does
// not repeat a secret.
func TestConstructorsNameTheInvalidField(t *testing.T) {
	tried := map[string]bool{
		"secret.New":   true, // any text is a secret.Text
		"memstore.New": true,
	}
	for _, c := range append(refusals(t.TempDir()), authRefusals()...) {
		tried[c.of] = true
		t.Run(c.of+"/"+c.names, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			v, err := c.call(ctx)
			if err == nil {
				t.Fatalf("no error, and %T", v)
			}
			if text := err.Error(); !strings.Contains(text, c.names) || strings.Contains(text, secretKey) {
				t.Errorf("%v; want an error that names %s", err, c.names)
			}
			if s := fmt.Sprintf("%v", v); s != "<nil>" && !strings.Contains(s, "***") && !strings.Contains(s, "[]") {
				t.Errorf("an error, and yet %s", s)
			}
		})
	}
	for _, name := range constructors(t) {
		if !tried[name] {
			t.Errorf("%s has no bad data in refusals", name)
		}
	}
}

// constructing are the folders whose constructors are all tried.
var constructing = []string{
	"session", "memstore", "cookiestore", "cachedstore", "filestore", "redisstore", "memcachestore",
	"sqlstore", "pgstore", "django", "csrf", "messages", "mail", "secret",
	"auth", "auth/devices", "auth/password", "auth/reset", "auth/sqlusers", "auth/throttle", "auth/throttle/sqlthrottle",
	"auth/throttle/redisthrottle", "auth/token",
}

// constructors returns the exported functions whose names are New or Open, or
// begin with one.
func constructors(t *testing.T) (names []string) {
	t.Helper()
	for _, folder := range constructing {
		paths, err := filepath.Glob(filepath.Join("../..", folder, "*.go"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %d files, %v", folder, len(paths), err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				f, ok := d.(*ast.FuncDecl)
				if ok && f.Recv == nil &&
					(strings.HasPrefix(f.Name.Name, "New") || strings.HasPrefix(f.Name.Name, "Open")) {
					names = append(names, folder+"."+f.Name.Name)
				}
			}
		}
	}
	return names
}
