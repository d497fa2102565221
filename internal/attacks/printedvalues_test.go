package attacks

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/authtest"
	"github.com/jamsession/jamsession/auth/devices"
	hashing "github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/reset"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/auth/throttle/redisthrottle"
	"github.com/jamsession/jamsession/auth/throttle/sqlthrottle"
	"github.com/jamsession/jamsession/auth/token"
	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/console"
	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/cookiestore"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/filestore"
	"github.com/jamsession/jamsession/health"
	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/mail"
	"github.com/jamsession/jamsession/memcachestore"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/metrics"
	"github.com/jamsession/jamsession/pgstore"
	"github.com/jamsession/jamsession/redisstore"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
	sites "github.com/jamsession/jamsession/site"
	"github.com/jamsession/jamsession/sqlstore"
)

// plantedFlags are settings with everything that is secret.
var plantedFlags = map[string]string{
	"SECRET_KEY": plantedKey, "SECRET_KEY_FALLBACKS": plantedOlder,
	"DATABASE_URL":    "postgres://site:" + databaseWord + "@127.0.0.1:1/site",
	"CACHE_URL":       "redis://site:" + cacheWord + "@127.0.0.1:1/0",
	"CACHES":          "more=redis://:" + cacheWord + "@127.0.0.1:1/1?key_prefix=x",
	"DEVICE_PUSH_URL": "postgres://site:" + databaseWord + "@127.0.0.1:1/site",
	"EMAIL_URL":       "smtps://site:" + mailWord + "@mail.example.com:465",
}

// values returns values of all types that need no server, with what belongs
// to visitors planted, too.
func values(t *testing.T, planted secrettest.Planted) []any {
	t.Helper()
	list := append(plainValues(), settingsValues(t)...)
	list = append(list, keyedValues(t)...)
	list = append(list, letterValues(planted)...)
	for engine, vars := range engines {
		flags := map[string]string{
			"SECRET_KEY": plantedKey, "SECRET_KEY_FALLBACKS": plantedOlder, "EMAIL_URL": plantedFlags["EMAIL_URL"],
		}
		for name, value := range vars {
			flags[name] = value
		}
		list = append(list, visitValues(t, engine, open(t, flags), planted)...)
	}
	return list
}

// plainValues are of types that know no secret.
func plainValues() []any {
	later := &session.RetryError{RetryAfter: time.Second, Text: "x", Err: throttle.ErrLimited}
	problem := &hashing.Problem{Code: "x", Message: "x"}
	return []any{
		later,
		throttle.Limit{},
		noerror.In(throttle.NewMemory(1)), problem, &auth.PasswordError{Problems: []*hashing.Problem{problem}},
		noerror.In(hashing.MinLength(8)),
		hashing.NotNumeric(),
		noerror.In(hashing.NotSimilar(0.7)),
		noerror.In(hashing.NotCommon(strings.NewReader("x"))),
		hashing.Attribute{},
		hashing.Options{},
		auth.Options{},
		throttle.Options{},
		devices.Options{},
		devices.AddressFull,
		devices.Ask,
		devices.Event{Kind: devices.EventStarted, UserID: "1", DeviceID: "x"},
		devices.EventStarted,
		&devices.LimitError{Max: 1, Devices: []devices.Device{{ID: "x"}}},
		throttle.Subject{},
		throttle.Status{},
		token.Options{},
		django.CookieSignerOptions{},
		django.Database{},
		django.PostgreSQL,
		cookiestore.Options{},
		messages.Options{},
		csrf.Options{},
		session.Options{},
		session.Bearer(nil),
		cookie.Options{},
		cookie.SecureAuto,
		sqlusers.Options{},
		sqlstore.Options{},
		sqlstore.Column{},
		sqlthrottle.Options{},
		redisthrottle.Options{},
		sqlstore.CacheOptions{},
		cachedstore.Options{},
		filestore.Options{},
		redisstore.Options{},
		memcachestore.Options{},
		&reset.Options{URL: "https://example.com/{id}/{token}"},
		sqlusers.Group{},
		sqlusers.Permission{},
		session.Event{Kind: session.EventSaved, Fingerprint: session.Fingerprint("x")},
		session.Work{Op: session.OpSave},
		session.OpSave,
		auth.Event{Kind: auth.EventLogin, UserID: "1"},
		health.Options{},
		health.Check{Name: "store"},
		health.Answer{Name: "store"},
		noerror.In(health.New(nil)),
		metrics.Options{},
		console.Options{},
		metrics.New(nil),
		messages.Message{Level: messages.LevelInfo, Text: "x"},
		messages.StorageSession,
		sites.Options{},
		noerror.In(memstore.NewCache(1)), memstore.New(),
		mail.Message{To: "a@example.com", Subject: "x", Text: "x"},
		session.Item[int]("x"),
	}
}

// letterValues are what a mail of a reset is made of, and what refuses one.
func letterValues(planted secrettest.Planted) []any {
	const word = "c2xk-planted-link-of-a-letter"
	planted["link of a letter"] = word
	account := reset.Account{User: auth.User{ID: "1", Username: "alice"}, Link: secret.New("https://example.com/reset/MQ/" + word)}
	return []any{
		account,
		reset.Letter{To: "a@example.com", Accounts: []reset.Account{account}, More: true},
	}
}

// settingsValues are settings, with what is wrong with them.
func settingsValues(t *testing.T) []any {
	t.Helper()
	sources := settings.Sources{Flags: plantedFlags}
	loaded, err := settings.Load(sources)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := loaded.Keys()
	if err != nil {
		t.Fatal(err)
	}
	list := []any{sources, loaded, *loaded, keys, keys.Current(), conf.Of(loaded).Check(true), conf.Of(loaded)}
	for _, name := range []string{"SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASE_URL", "CACHE_URL", "CACHES", "DEVICE_PUSH_URL", "EMAIL_URL"} {
		bad := map[string]string{}
		for name, value := range plantedFlags {
			bad[name] = value
		}
		bad[name] += "\x01"
		if _, err := settings.Load(settings.Sources{Flags: bad}); err != nil {
			list = append(list, err)
		}
	}
	_, err = sites.Open(t.Context(), loaded, nil)
	return append(list, err)
}

// keyedValues are made with keys, by the constructors that take them.
func keyedValues(t *testing.T) []any {
	t.Helper()
	keys := secrettest.Keys(plantedKey, plantedOlder)
	logins, err := auth.New(nil, keys, &auth.Options{Backends: []auth.Backend{noerror.In(auth.NewModelBackend(struct{ auth.UserStore }{}, noerror.In(hashing.New(nil))))}})
	must(t, err)
	limiter, err := throttle.New(noerror.In(throttle.NewMemory(100_000)), keys, nil)
	must(t, err)
	tokens, err := token.New(keys, nil)
	must(t, err)
	notices, err := messages.New(keys, nil)
	must(t, err)
	sender, err := mail.NewSMTP(plantedFlags["EMAIL_URL"], "site@example.com")
	must(t, err)
	codec := noerror.In(django.Signed(keys))
	push, err := pgstore.NewPush(noerror.In(pgx.ParseConfig(plantedFlags["DATABASE_URL"])), "x")
	must(t, err)
	t.Cleanup(func() { _ = push.Close() })
	return []any{
		push,
		keys, secret.New(plantedKey), logins, limiter, tokens, notices, sender, codec, noerror.In(django.NewCookieSigner(keys, nil)),
		noerror.In(cookiestore.New(keys, nil)), &session.Options{Codec: codec}, &auth.Options{Limiter: limiter},
		cachedstore.Options{Codec: codec},
		sqlstore.Options{Codec: codec},
		noerror.In(session.New(memstore.New(), &session.Options{Codec: codec})),
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// authHashItem is where a login leaves the session auth hash, as in Django.
const authHashItem = session.Item[string]("_auth_user_hash")

// visitValues logs alice in, and returns what the site and a handler have in
// hand, and what the store has.
func visitValues(t *testing.T, engine string, s *site, planted secrettest.Planted) []any {
	t.Helper()
	v := s.visitor(t)
	v.login("alice")
	user, err := s.Users().ByUsername(t.Context(), "alice")
	must(t, err)
	planted["session key of "+engine] = v.key()
	planted["password hash of "+engine] = user.Password
	planted["session auth hash of "+engine] = authHash(user.Password)
	planted["CSRF secret of "+engine] = v.cookie("csrftoken")
	attempts, err := sqlthrottle.New(t.Context(), s.Database, nil)
	must(t, err)
	t.Cleanup(func() { _ = attempts.Close() })
	inside := noerror.In(console.New(s.Site, nil))
	t.Cleanup(inside.Close)
	list := []any{
		inside,
		s.Site, s.resets, user,
		auth.Attempt{Username: "alice", User: user},
		s.Users(), noerror.In(auth.NewModelBackend(s.Users(), s.Hashers)), attempts,
		s.Devices(),
	}
	h := s.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		current := session.From(r)
		if hash := authHashItem.Get(current, ""); hash != planted["session auth hash of "+engine] {
			t.Errorf("the session has another auth hash: %d characters", len(hash))
		}
		may, err := auth.LoadPermissions(r)
		must(t, err)
		_, failure := s.Auth.Authenticate(r, "alice", "wrong")
		forged := r.Clone(r.Context())
		forged.Method = http.MethodPost
		here, err := s.Devices().List(r)
		must(t, err)
		list = append(list, current, auth.From(r), r.Context(), may, failure, s.CSRF.Check(forged), here[0])
	}))
	r := httptest.NewRequest(http.MethodGet, s.url+"/", nil)
	r.AddCookie(&http.Cookie{Name: "sessionid", Value: v.key()})
	r.AddCookie(&http.Cookie{Name: "csrftoken", Value: v.cookie("csrftoken")})
	h.ServeHTTP(httptest.NewRecorder(), r)
	rec, err := s.Store.Load(t.Context(), v.key())
	must(t, err)
	done, cancel := context.WithCancel(t.Context())
	cancel()
	_, failure := s.Store.Load(done, v.key())
	return append(append(list, rec, failure), clientValues(t, engine, s, user, planted)...)
}

// clientValues are the test kit's visitor, who is logged in, and an answer to this visitor.
func clientValues(t *testing.T, engine string, s *site, user auth.User, planted secrettest.Planted) []any {
	t.Helper()
	client := authtest.NewClient(t, s.Handler(s.pages()), s.Handler)
	client.Login(s.Auth, user)
	client.Within(func(r *http.Request) { planted["test kit's session key of "+engine] = session.From(r).Key() })
	return []any{client, client.Get("/form")}
}
