package cookiestore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/cookiestore"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/internal/signing"
	"github.com/jamsession/jamsession/internal/vectors"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sessiontest"
)

const siteKey = "a-secret-key-for-the-tests-only-0123456789-abcdef"

// keys are those of the tests' sites.
var keys = secrettest.Keys(siteKey)

// quiet is for tests of what is logged as well.
var quiet = &session.Options{Logger: slog.New(slog.DiscardHandler)}

// A sealer is what a store has beside the methods of all.
type sealer interface {
	session.Store
	Issued(key string) bool
	Seal(old, next session.Record, fresh bool) (session.Record, error)
}

func withList() sealer {
	return noerror.In(cookiestore.New(keys, &cookiestore.Options{Revoked: memstore.New()})).(sealer)
}

func TestStore(t *testing.T) {
	sessiontest.Run(t, func(*testing.T) session.Store { return noerror.In(cookiestore.New(keys, nil)) })
}

func TestStoreWithList(t *testing.T) {
	open := func(*testing.T) session.Store { return withList() }
	sessiontest.Run(t, open)
	sessiontest.RunRevocation(t, open)
}

func TestVectorsSignedCookiesBackend(t *testing.T) {
	vectors.Run(t, "signed_cookies_backend", func(t *testing.T, c vectors.Case) {
		var in struct {
			SecretKey string  `json:"secret_key"`
			Time      float64 `json:"time"`
			Session   string  `json:"session_json"`
		}
		var want struct {
			Key      string `json:"session_key"`
			Portable bool   `json:"encode_bytes_are_portable"`
		}
		c.Decode(t, &in, &want)
		atUnix(t, in.Time, func(t *testing.T) {
			store := noerror.In(cookiestore.New(secrettest.Keys(in.SecretKey), nil)).(sealer)
			rec, err := store.Load(t.Context(), want.Key)
			if err != nil || string(rec.Data) != in.Session {
				t.Errorf("Load: %s, %v; want %s", rec.Data, err, in.Session)
			}
			sealed, err := store.Seal(session.Record{}, session.Record{
				Data: []byte(in.Session), Expiry: time.Now().Add(14 * 24 * time.Hour),
			}, false)
			if err != nil || want.Portable && sealed.Key != want.Key {
				t.Errorf("Seal: %s, %v; want %s", sealed.Key, err, want.Key)
			}
			if rec, err := store.Load(t.Context(), sealed.Key); err != nil || string(rec.Data) != in.Session {
				t.Errorf("Load of our own: %s, %v", rec.Data, err)
			}
		})
	})
}

func TestVectorsSignedCookiesBackendAge(t *testing.T) {
	vectors.Run(t, "signed_cookies_backend_age", func(t *testing.T, c vectors.Case) {
		var in struct {
			Key string  `json:"session_key"`
			Now float64 `json:"now"`
			Age int     `json:"SESSION_COOKIE_AGE"`
		}
		var want struct {
			Data string `json:"data_json"`
		}
		c.Decode(t, &in, &want)
		atUnix(t, in.Now, func(t *testing.T) {
			store := noerror.In(cookiestore.New(secrettest.Keys("test-secret-key-0123456789abcdefghijklmnopqrstuvwxyzABCDEF"),
				&cookiestore.Options{MaxAge: time.Duration(in.Age) * time.Second}))
			rec, err := store.Load(t.Context(), in.Key)
			switch {
			case want.Data == "{}" && !errors.Is(err, session.ErrNotFound):
				t.Errorf("Load: %s, %v; want ErrNotFound", rec.Data, err)
			case want.Data != "{}" && string(rec.Data) != want.Data:
				t.Errorf("Load: %s, %v; want %s", rec.Data, err, want.Data)
			}
		})
	})
}

// atUnix runs a test at an instant of its own.
func atUnix(t *testing.T, unix float64, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Unix(int64(unix), 0)))
		test(t)
	})
}

// TestOwnExpiryIsEnforced: Django leaves it to the browser.
func TestOwnExpiryIsEnforced(t *testing.T) {
	for name, set := range map[string]func(s *session.Session){
		"seconds": func(s *session.Session) { s.SetExpiry(time.Minute) },
		"instant": func(s *session.Session) { s.SetExpiryAt(time.Now().Add(time.Minute)) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := noerror.In(session.New(noerror.In(cookiestore.New(keys, nil)), nil))
				s, err := m.ByKey(t.Context(), "")
				if err != nil {
					t.Fatal(err)
				}
				s.Set("n", 1)
				set(s)
				if err := s.Save(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(59 * time.Second)
				if !has(t, m, s.Key(), "n") {
					t.Error("gone before its time")
				}
				time.Sleep(2 * time.Second)
				if has(t, m, s.Key(), "n") {
					t.Error("there after its time")
				}
			})
		})
	}
}

// TestOwnExpiryOfDjangosCookieIsEnforced: Django signs it with the time of the
// save, so that only the item says how long it is valid.
func TestOwnExpiryOfDjangosCookieIsEnforced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := noerror.In(session.New(noerror.In(cookiestore.New(keys, nil)), nil))
		signer := signing.New("django.contrib.sessions.backends.signed_cookies", keys)
		for _, expiry := range []string{"60", `"2000-01-01T00:02:01+00:00"`} { // the clock begins at 2000
			key := string(signer.Dumps([]byte(`{"n":1,"_session_expiry":`+expiry+`}`), false))
			if !has(t, m, key, "n") {
				t.Errorf("%s: gone before its time", expiry)
			}
			time.Sleep(61 * time.Second)
			if has(t, m, key, "n") {
				t.Errorf("%s: there after its time", expiry)
			}
		}
	})
}

// TestShorterLimitsAreInTheCookie: the time of signature tells Django, too.
func TestShorterLimitsAreInTheCookie(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := noerror.In(session.New(noerror.In(cookiestore.New(keys, nil)), &session.Options{IdleTimeout: time.Hour}))
		key := saved(t, m, "", func(s *session.Session) { s.Set("n", 1) })
		time.Sleep(59 * time.Minute)
		if !has(t, m, key, "n") {
			t.Error("gone before the idle limit")
		}
		time.Sleep(2 * time.Minute)
		if has(t, m, key, "n") {
			t.Error("there after the idle limit")
		}
	})
}

// TestIdleLimitBeforeAnOwnInstant: the session names a later end itself.
func TestIdleLimitBeforeAnOwnInstant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := noerror.In(session.New(noerror.In(cookiestore.New(keys, nil)), &session.Options{IdleTimeout: time.Hour}))
		key := saved(t, m, "", func(s *session.Session) { s.SetExpiryAt(time.Now().Add(24 * time.Hour)) })
		time.Sleep(59 * time.Minute)
		if !has(t, m, key, "_session_expiry") {
			t.Error("gone before the idle limit")
		}
		time.Sleep(2 * time.Minute)
		if has(t, m, key, "_session_expiry") {
			t.Error("there after the idle limit")
		}
	})
}

// TestNoCookieOutlivesMaxAge, whatever its session says.
func TestNoCookieOutlivesMaxAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := noerror.In(session.New(noerror.In(cookiestore.New(keys, nil)), nil))
		key := saved(t, m, "", func(s *session.Session) { s.SetExpiry(365 * 24 * time.Hour) })
		time.Sleep(14*24*time.Hour + time.Second)
		if has(t, m, key, "_session_expiry") {
			t.Error("a cookie older than MaxAge counts")
		}
	})
}

func has(t *testing.T, m *session.Manager, key, item string) bool {
	t.Helper()
	s, err := m.ByKey(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return s.Has(item)
}

// saved changes the session that has this key and returns the new key.
func saved(t *testing.T, m *session.Manager, key string, change func(*session.Session)) string {
	t.Helper()
	s, err := m.ByKey(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	change(s)
	if err := s.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s.Key()
}

func TestOlderKeys(t *testing.T) {
	old := noerror.In(session.New(noerror.In(cookiestore.New(secrettest.Keys("the-old-secret-of-the-tests-0123456789-abcdefgh"), nil)), nil))
	key := saved(t, old, "", func(s *session.Session) { s.Set("n", 1) })
	now := noerror.In(session.New(noerror.In(cookiestore.New(
		secrettest.Keys(siteKey, "the-old-secret-of-the-tests-0123456789-abcdefgh"), nil)), nil))
	if !has(t, now, key, "n") {
		t.Error("a cookie of an older key does not count")
	}
	next := saved(t, now, key, func(s *session.Session) { s.Set("n", 2) })
	if has(t, old, next, "n") {
		t.Error("signed with the older key")
	}
}

// site is a shop with a cart that grows, and a logout.
func site(m *session.Manager) *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("/grow/{n}", func(w http.ResponseWriter, r *http.Request) {
		var n int
		_, _ = fmt.Sscan(r.PathValue("n"), &n)
		session.From(r).Set("cart", random(n))
		fmt.Fprint(w, "secret page")
	})
	mux.HandleFunc("/show", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, len(session.Item[string]("cart").Get(session.From(r), "")))
	})
	mux.HandleFunc("/logout", func(_ http.ResponseWriter, r *http.Request) { session.From(r).Flush() })
	return httptest.NewServer(m.Handler(mux))
}

// random returns text that no compression shortens much.
func random(n int) string {
	var b strings.Builder
	for x := uint64(1); b.Len() < n; {
		x = x*6364136223846793005 + 1442695040888963407
		b.WriteByte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"[x>>58])
	}
	return b.String()
}

// TestCookieOver4096BytesIsRefused when the session is saved, and never cut.
func TestCookieOver4096BytesIsRefused(t *testing.T) {
	server := site(noerror.In(session.New(noerror.In(cookiestore.New(keys, nil)), quiet)))
	defer server.Close()
	browser := newBrowser(t)
	get := func(path string) (int, string, int) {
		t.Helper()
		resp, err := browser.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, readAll(t, resp), len(resp.Cookies())
	}
	if status, _, _ := get("/grow/1000"); status != 200 {
		t.Fatalf("status %d", status)
	}
	status, body, cookies := get("/grow/4000")
	if status != 500 || strings.Contains(body, "secret page") || cookies != 0 {
		t.Errorf("status %d, %d cookies, body %q; want 500 and nothing of the page", status, cookies, body)
	}
	if _, body, _ := get("/show"); body != "1000" {
		t.Errorf("the cart has %s bytes, want the 1000 of before", body)
	}
}

// TestLargestCookie: a browser keeps 4096 bytes of name and value.
func TestLargestCookie(t *testing.T) {
	key := saved(t, noerror.In(session.New(noerror.In(cookiestore.New(keys, nil)), nil)), "", fill)
	for name, want := range map[string]error{
		strings.Repeat("n", 4096-len(key)): nil,
		strings.Repeat("n", 4097-len(key)): session.ErrTooLarge,
	} {
		m := noerror.In(session.New(noerror.In(cookiestore.New(keys, nil)), &session.Options{Cookie: cookie.Options{Name: name}}))
		s, err := m.ByKey(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		fill(s)
		if err := s.Save(t.Context()); !errors.Is(err, want) {
			t.Errorf("%d bytes: error %v, want %v", len(name)+len(key), err, want)
		}
	}
}

func fill(s *session.Session) { s.Set("cart", random(2500)) }

// TestLargeCookiesAreNotExamined: browsers send none of more than 4096 bytes,
// and none inflates without a limit, which a smaller one could not reach.
func TestLargeCookiesAreNotExamined(t *testing.T) {
	store := noerror.In(cookiestore.New(keys, nil)).(sealer)
	signer := signing.New("django.contrib.sessions.backends.signed_cookies", keys)
	for size, want := range map[int]bool{3000: true, 3100: false, 1 << 20: false} {
		key := string(signer.Dumps([]byte(`{"n":"`+strings.Repeat("x", size)+`"}`), false))
		if store.Issued(key) != want {
			t.Errorf("a cookie of %d bytes: Issued is not %t", len(key), want)
		}
	}
	bomb := `{"n":"` + strings.Repeat("x", 16<<20) + `"}`
	key := string(signer.Dumps([]byte(bomb), true))
	if _, err := store.Load(t.Context(), key); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("a cookie of %d bytes that inflates to %d: %v", len(key), len(bomb), err)
	}
}

func TestErrorOfALargeCookieSaysWhatToDo(t *testing.T) {
	m := noerror.In(session.New(noerror.In(cookiestore.New(keys, nil)), nil))
	s, err := m.ByKey(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	s.Set("cart", random(5000))
	err = s.Save(t.Context())
	if !errors.Is(err, session.ErrTooLarge) || !strings.Contains(err.Error(), "browsers keep 4096") {
		t.Errorf("error %v", err)
	}
}

// TestLogoutCannotBeUndone: a request that began before the logout, and whose
// response comes after it, logs nobody in.
func TestLogoutCannotBeUndone(t *testing.T) {
	for _, rotate := range []bool{false, true} {
		m := noerror.In(session.New(withList(), nil))
		key := saved(t, m, "", func(s *session.Session) { s.Set("user", 7) })
		for _, saveFirst := range []bool{true, false} {
			inFlight, err := m.ByKey(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			inFlight.Set("n", 1)
			if rotate && !saveFirst {
				inFlight.CycleKey()
			}
			if saveFirst {
				if err := inFlight.Save(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if logout := endOf(t, m, key); logout != nil {
				t.Fatal(logout)
			}
			if !saveFirst {
				if err := inFlight.Save(t.Context()); !errors.Is(err, session.ErrInterrupted) {
					t.Errorf("the save after the logout got %v", err)
				}
			}
			if has(t, m, key, "user") || has(t, m, inFlight.Key(), "user") {
				t.Errorf("logged in after the logout (rotate %v, save first %v)", rotate, saveFirst)
			}
			key = saved(t, m, "", func(s *session.Session) { s.Set("user", 7) })
		}
	}
}

func endOf(t *testing.T, m *session.Manager, key string) error {
	t.Helper()
	s, err := m.ByKey(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	s.Flush()
	return s.Save(t.Context())
}

// TestWithoutListALogoutOnlyRemovesTheCookie is the price that the package
// comment names.
func TestWithoutListALogoutOnlyRemovesTheCookie(t *testing.T) {
	m := noerror.In(session.New(noerror.In(cookiestore.New(keys, nil)), nil))
	key := saved(t, m, "", func(s *session.Session) { s.Set("user", 7) })
	if err := endOf(t, m, key); err != nil {
		t.Fatal(err)
	}
	if !has(t, m, key, "user") {
		t.Error("the cookie was taken back; then the package comment is wrong")
	}
}

// TestCookiesFromBeforeTheListCanBeRevoked: they carry no identity.
func TestCookiesFromBeforeTheListCanBeRevoked(t *testing.T) {
	key := saved(t, noerror.In(session.New(noerror.In(cookiestore.New(keys, nil)), nil)), "", func(s *session.Session) { s.Set("user", 7) })
	m := noerror.In(session.New(withList(), nil))
	if err := endOf(t, m, key); err != nil {
		t.Fatal(err)
	}
	if has(t, m, key, "user") {
		t.Error("still logged in")
	}
}

// TestForeignIdentityIsReplaced: what is not an identity is not a key for the
// list.
func TestForeignIdentityIsReplaced(t *testing.T) {
	plain := noerror.In(session.New(noerror.In(cookiestore.New(keys, nil)), nil))
	key := saved(t, plain, "", func(s *session.Session) { s.Set("_session_id", "../../etc/passwd") })
	list := &spy{Store: memstore.New()}
	m := noerror.In(session.New(noerror.In(cookiestore.New(keys, &cookiestore.Options{Revoked: list})), nil))
	if err := endOf(t, m, key); err != nil {
		t.Fatal(err)
	}
	for _, key := range list.seen {
		if strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			t.Errorf("the list was given the key %q", key)
		}
	}
}

// A spy notes what keys a store is asked for.
type spy struct {
	session.Store
	seen []string
}

func (s *spy) Load(ctx context.Context, key string) (session.Record, error) {
	s.seen = append(s.seen, key)
	return s.Store.Load(ctx, key)
}

// TestEntryOutlivesEveryCookie that was signed just before it was made.
func TestEntryOutlivesEveryCookie(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := noerror.In(session.New(withList(), nil))
		key := saved(t, m, "", func(s *session.Session) { s.Set("user", 7) })
		inFlight, err := m.ByKey(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		inFlight.Set("n", 1)
		if err := inFlight.Save(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := endOf(t, m, key); err != nil {
			t.Fatal(err)
		}
		for range 14*24*60 + 1 {
			if has(t, m, inFlight.Key(), "user") {
				t.Fatal("logged in again")
			}
			time.Sleep(time.Minute)
		}
	})
}

func TestHashKeysIsRefused(t *testing.T) {
	m, err := session.New(noerror.In(cookiestore.New(keys, nil)), &session.Options{HashKeys: true})
	if m != nil || err == nil || !strings.Contains(err.Error(), "HashKeys") {
		t.Errorf("session.New took HashKeys for a store whose records are in the cookie: %v", err)
	}
}

// TestListThatIsDownIsNotAnonymous.
func TestListThatIsDownIsNotAnonymous(t *testing.T) {
	list := &broken{Store: memstore.New()}
	m := noerror.In(session.New(noerror.In(cookiestore.New(keys, &cookiestore.Options{Revoked: list})), nil))
	key := saved(t, m, "", func(s *session.Session) { s.Set("user", 7) })
	list.down = true
	if _, err := m.ByKey(t.Context(), key); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("Load: error %v, want ErrUnavailable", err)
	}
	if err := m.Delete(t.Context(), key); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("Delete: error %v, want ErrUnavailable", err)
	}
}

type broken struct {
	session.Store
	down bool
}

var errDown = errors.New("down")

func (b *broken) Load(ctx context.Context, key string) (session.Record, error) {
	if b.down {
		return session.Record{}, errDown
	}
	return b.Store.Load(ctx, key)
}

func (b *broken) Create(ctx context.Context, rec session.Record) error {
	if b.down {
		return errDown
	}
	return b.Store.Create(ctx, rec)
}

func TestClearExpiredClearsTheList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := noerror.In(session.New(withList(), nil))
		key := saved(t, m, "", func(s *session.Session) { s.Set("user", 7) })
		if err := endOf(t, m, key); err != nil {
			t.Fatal(err)
		}
		time.Sleep(14*24*time.Hour + time.Minute)
		if has(t, m, key, "user") {
			t.Error("logged in again")
		}
		time.Sleep(2 * time.Hour)
		if n, err := m.ClearExpired(t.Context()); n != 1 || err != nil {
			t.Errorf("ClearExpired: %d, %v, want the one entry", n, err)
		}
	})
}

// TestLateChangeIsTooLate: the cookie is gone with the headers.
func TestLateChangeIsTooLate(t *testing.T) {
	m := noerror.In(session.New(noerror.In(cookiestore.New(keys, nil)), quiet))
	key := saved(t, m, "", func(s *session.Session) { s.Set("n", 1) })
	var err error
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", "sessionid="+key)
	m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := session.From(r)
		fmt.Fprint(w, "begun")
		s.Set("n", 2)
		err = s.Save(r.Context())
	})).ServeHTTP(httptest.NewRecorder(), r)
	if !errors.Is(err, session.ErrTooLate) {
		t.Errorf("Save: error %v, want ErrTooLate", err)
	}
}

// TestWithDjango: each side reads what the other has signed, and Django keeps
// the identity.
func TestWithDjango(t *testing.T) {
	site := djangotest.Site(t, filepath.Join(t.TempDir(), "unused.db"), siteKey,
		`SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"`)
	m := noerror.In(session.New(withList(), nil))
	key := saved(t, m, "", func(s *session.Session) {
		s.Set("float", 1.0)
		s.Set("name", "J\u00f6rg \U0001f600")
	})
	theirs := strings.TrimSpace(site.Run(fmt.Sprintf(`
from django.contrib.sessions.backends.signed_cookies import SessionStore
s = SessionStore(%q)
assert s["float"] == 1.0 and isinstance(s["float"], float), s["float"]
assert s["name"] == "J\u00f6rg \U0001f600", s["name"]
s["django"] = [1, None]
s.save()
print(s.session_key)
`, key)))
	s, err := m.ByKey(t.Context(), theirs)
	if err != nil {
		t.Fatal(err)
	}
	if got := session.Item[[]any]("django").Get(s, nil); len(got) != 2 {
		t.Errorf("Django's item is %v", got)
	}
	if err := endOf(t, m, key); err != nil {
		t.Fatal(err)
	}
	if has(t, m, theirs, "django") {
		t.Error("what Django made of the cookie counts after the logout")
	}
}

func newBrowser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, Timeout: 30 * time.Second}
}

func readAll(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
