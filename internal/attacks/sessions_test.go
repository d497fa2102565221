package attacks

import (
	"context"
	"errors"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/reset"
	authtoken "github.com/jamsession/jamsession/auth/token"
	"github.com/jamsession/jamsession/session"
)

// TestA1EveryLoginPathKillsTheOldKey: whatever raises what a visitor may do
// brings a new key, and a key that an attacker planted or has read is worth
// nothing, not even in the store.
func TestA1EveryLoginPathKillsTheOldKey(t *testing.T) {
	paths := map[string]struct{ before, path func(v *visitor) }{
		"login":                {nil, func(v *visitor) { v.login("alice") }},
		"login and remember":   {nil, func(v *visitor) { v.login("alice", "remember", "1") }},
		"login again":          {(*visitor).isAlice, func(v *visitor) { v.login("alice") }},
		"login of another":     {(*visitor).isAlice, func(v *visitor) { v.login("bob") }},
		"change of a password": {(*visitor).isAlice, func(v *visitor) { v.changesPassword() }},
		"logout":               {(*visitor).isAlice, func(v *visitor) { v.post("/logout") }},
		"link of a reset":      {nil, func(v *visitor) { v.opensResetLink() }},
		"reset":                {func(v *visitor) { v.opensResetLink() }, (*visitor).finishesReset},
	}
	for engine, vars := range engines {
		for name, c := range paths {
			t.Run(engine+"/"+name, func(t *testing.T) {
				s := open(t, vars)
				v := s.visitor(t)
				v.get("/set?x=planted")
				if c.before != nil {
					c.before(v)
				}
				old := v.key()
				c.path(v)
				if old == "" || v.key() == old {
					t.Fatalf("the key is still %.4s…", old)
				}
				if who := s.thief(t, old); who != "" {
					t.Errorf("the old key is %s", who)
				}
				if _, err := s.Store.Load(t.Context(), old); !errors.Is(err, session.ErrNotFound) {
					t.Errorf("the old key is in the store: %v", err)
				}
			})
		}
	}
}

func (v *visitor) isAlice() { v.t.Helper(); v.login("alice") }

func (v *visitor) changesPassword() {
	v.t.Helper()
	if code := v.post("/password", "old", password, "new", "another-"+password); code != http.StatusOK {
		v.t.Fatalf("change of the password: %d", code)
	}
}

// TestA1PlantedKeyFinishesNoReset: the attacker plants a key and waits until
// the victim opens the link from a mail.
func TestA1PlantedKeyFinishesNoReset(t *testing.T) {
	for engine, vars := range engines {
		t.Run(engine, func(t *testing.T) {
			s := open(t, vars)
			v, attacker := s.visitor(t), s.visitor(t)
			v.get("/set?x=planted")
			at, err := url.Parse(s.url)
			if err != nil {
				t.Fatal(err)
			}
			attacker.http.Jar.SetCookies(at, v.http.Jar.Cookies(at))
			form := v.opensResetLink()
			if code, _ := attacker.do(http.MethodGet, form, nil, nil); code != http.StatusNotFound {
				t.Errorf("the attacker gets the form: %d", code)
			}
			if code := attacker.post(form, "password", "evil-"+password); code != http.StatusNotFound {
				t.Errorf("the attacker finishes: %d", code)
			}
			v.finishesReset()
		})
	}
}

// opensResetLink follows the link of a mail to alice to its form, of which it
// returns the path.
func (v *visitor) opensResetLink() string {
	v.t.Helper()
	link, form := v.site.resetLink(v.t, "alice")
	if code, _ := v.do(http.MethodGet, link, nil, nil); code != http.StatusFound {
		v.t.Fatalf("the link: %d", code)
	}
	if code, _ := v.do(http.MethodGet, form, nil, nil); code != http.StatusOK {
		v.t.Fatalf("the form of the reset: %d", code)
	}
	return form
}

// finishesReset sends the form of the link that the visitor has opened.
func (v *visitor) finishesReset() {
	v.t.Helper()
	_, form := v.site.resetLink(v.t, "alice")
	if code := v.post(form, "password", "another-"+password); code != http.StatusOK {
		v.t.Fatalf("the reset: %d", code)
	}
}

// resetLink returns the link that a mail to the user would have, and the form
// that it leads to.
func (s *site) resetLink(t *testing.T, name string) (link, form string) {
	t.Helper()
	user, err := s.Users().ByUsername(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	path := "/reset/" + authtoken.EncodeID(user.ID) + "/"
	return path + s.Tokens.Make(user), path + reset.KeptToken
}

// jitter lists the files that spread waiting times with math/rand, and a kit
// for tests.
var jitter = map[string]bool{
	"session/clear.go": true, "internal/jitter/jitter.go": true, "auth/throttle/throttletest/throttletest.go": true,
}

// TestA3OnlyTheSystemsRandomnessIsUsed: no package that is not a test's can
// take a guessable number for a secret.
func TestA3OnlyTheSystemsRandomnessIsUsed(t *testing.T) {
	files := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "bench" || d.Name() == "integration" || d.Name() == "testdata"):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		files++
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			if strings.HasPrefix(spec.Path.Value, `"math/rand`) && !jitter[strings.TrimPrefix(path, "../../")] {
				t.Errorf("%s imports %s", path, spec.Path.Value)
			}
		}
		return nil
	})
	if err != nil || files < 100 {
		t.Errorf("%d files read, error %v", files, err)
	}
}

// TestA4ReplayOfAnEndedSession: the raw cookie, kept by a thief, is
// anonymous once the session has ended in any way.
func TestA4ReplayOfAnEndedSession(t *testing.T) {
	ends := map[string]func(s *site, v *visitor){
		"logout":           func(_ *site, v *visitor) { v.post("/logout") },
		"another password": func(_ *site, v *visitor) { v.changesPassword() },
		"another password elsewhere": func(s *site, v *visitor) {
			other := s.visitor(v.t)
			other.login("alice")
			other.changesPassword()
		},
		"deactivation": func(s *site, v *visitor) {
			user, err := s.Users().ByUsername(v.t.Context(), "alice")
			if err = errors.Join(err, s.Users().SetActive(v.t.Context(), user.ID, false)); err != nil {
				v.t.Fatal(err)
			}
		},
		"deletion": func(s *site, v *visitor) {
			user, err := s.Users().ByUsername(v.t.Context(), "alice")
			if err = errors.Join(err, s.Users().Delete(v.t.Context(), user.ID)); err != nil {
				v.t.Fatal(err)
			}
		},
	}
	for engine, vars := range engines {
		for name, end := range ends {
			t.Run(engine+"/"+name, func(t *testing.T) {
				s := open(t, vars)
				v := s.visitor(t)
				v.login("alice")
				stolen := v.key()
				if who := s.thief(t, stolen); who != "alice" {
					t.Fatalf("before the end, the thief is %q", who)
				}
				end(s, v)
				if who := s.thief(t, stolen); who != "" {
					t.Errorf("the thief is %s", who)
				}
			})
		}
	}
}

// TestA4EndedSessionsStayDead: cookies that a thief has kept of a user whose
// device or sessions were all ended, or who was deactivated and is active again, are
// anonymous for good, with every engine; the user logs in again, in the same
// second.
func TestA4EndedSessionsStayDead(t *testing.T) {
	ends := map[string]func(ctx context.Context, s *site, alice auth.User) error{
		"reactivation": func(ctx context.Context, s *site, alice auth.User) error {
			return errors.Join(s.Users().SetActive(ctx, alice.ID, false), s.Users().SetActive(ctx, alice.ID, true))
		},
		"reactivation by Go alone": func(ctx context.Context, s *site, alice auth.User) error {
			_, err := s.Database.DB.ExecContext(ctx, "UPDATE auth_user SET is_active = 0 WHERE id = ?", alice.ID)
			return errors.Join(err, s.Users().SetActive(ctx, alice.ID, true))
		},
		"her device": func(ctx context.Context, s *site, alice auth.User) error {
			list, err := s.Devices().ListUser(ctx, alice.ID)
			for _, d := range list {
				err = errors.Join(err, s.Devices().EndDevice(ctx, alice.ID, d.ID))
			}
			return err
		},
		"her sessions": func(ctx context.Context, s *site, alice auth.User) error {
			_, err := s.Auth.EndSessions(ctx, s.Sessions, alice)
			return err
		},
		"all sessions": func(ctx context.Context, s *site, _ auth.User) error {
			_, err := s.Auth.EndAllSessions(ctx, s.Sessions)
			return err
		},
	}
	with := maps.Clone(engines)
	with["signed_cookies without a list"] = map[string]string{"SESSION_ENGINE": "signed_cookies"}
	for engine, vars := range with {
		for name, end := range ends {
			t.Run(engine+"/"+name, func(t *testing.T) {
				s := open(t, vars)
				v := s.visitor(t)
				v.login("alice")
				stolen := v.key()
				alice, err := s.Users().ByUsername(t.Context(), "alice")
				if err = errors.Join(err, end(t.Context(), s, alice)); err != nil {
					t.Fatal(err)
				}
				v.login("alice")
				for range 2 {
					if who := s.thief(t, stolen); who != "" {
						t.Errorf("the thief is %s", who)
					}
				}
				if who := v.get("/whoami"); who != "[alice]" {
					t.Errorf("after a new login it is %s", who)
				}
			})
		}
	}
}

// TestA4SignedCookiesEndWithTheirLogout: without a deny list, the row of the login's device
// is what ends. Without that either, a stolen cookie is valid until it expires, or the
// password changes.
func TestA4SignedCookiesEndWithTheirLogout(t *testing.T) {
	for devices, want := range map[string]string{"db": "", "none": "alice"} {
		s := open(t, map[string]string{"SESSION_ENGINE": "signed_cookies", "DEVICES": devices})
		v := s.visitor(t)
		v.login("alice")
		stolen := v.key()
		v.post("/logout")
		if who := s.thief(t, stolen); who != want {
			t.Errorf("with DEVICES %s the thief is %q, want %q", devices, who, want)
		}
		signedCookieEndsWithPassword(t, s, v)
	}
}

func signedCookieEndsWithPassword(t *testing.T, s *site, v *visitor) {
	t.Helper()
	v.login("alice")
	stolen := v.key()
	v.changesPassword()
	if who := s.thief(t, stolen); who != "" {
		t.Errorf("after another password, the thief is %s", who)
	}
}

// TestA8TossedCookiesDoNotWin: a sibling host can send cookies of its own for
// the whole domain. Under a name with the prefix __Host- it cannot, whatever
// else it sends; and under any name, a cookie without a session here is
// ignored, wherever it stands.
func TestA8TossedCookiesDoNotWin(t *testing.T) {
	s := open(t, nil)
	v, attacker := s.visitor(t), s.visitor(t)
	v.login("alice")
	attacker.login("bob")
	good, evil, made := v.key(), attacker.key(), strings.Repeat("evil", 8)
	for header, want := range map[string]string{
		// A browser sends cookies of longer paths first, and of equal paths the older first.
		"sessionid=" + made + "; sessionid=" + good:                                            "alice",
		"sessionid=" + evil + "; sessionid=" + made + "; __Secure-sid=x; sessionid=" + good:    "alice",
		"sessionid=" + good + "; sessionid=" + made:                                            "alice",
		"sessionid=" + good + "; sessionid=" + evil:                                            "bob",
		"Sessionid=" + evil + "; sessionid =" + good + "; xsessionid=" + evil:                  "alice",
		"\u2000sessionid=" + evil + "; sessionid=" + good:                                      "alice",
		"sessionid=" + good + "; \u2000sessionid=" + evil + "; \u00a0sessionid=" + evil:        "alice",
		"=sessionid=" + evil + "; sessionid=" + good + "; =sessionid=" + evil:                  "alice",
		"sessionid=" + good + "; $Version=1; a=\"; sessionid=" + evil[:31] + "\"; b=sessionid": "alice",
	} {
		_, who := s.visitor(t).do(http.MethodGet, "/whoami", nil, map[string]string{"Cookie": header})
		if who = strings.Trim(who, "[]"); who != want {
			t.Errorf("%q is %q, want %q", header, who, want)
		}
	}
	if _, err := s.Store.Load(t.Context(), made); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("a key of the attacker's making is in the store: %v", err)
	}
}

// TestA8HostCookiesCannotBeTossed: with the prefix, the cookie of that exact
// name is the only one that counts, and browsers do not let another host set
// it.
func TestA8HostCookiesCannotBeTossed(t *testing.T) {
	const name = "__Host-Http-sid"
	s := open(t, map[string]string{"SESSION_COOKIE_NAME": name})
	good, evil := s.newSession(t, "alice"), s.newSession(t, "bob")
	for _, toss := range []string{
		"sid=" + evil, "__Secure-sid=" + evil, "__hOsT-http-sid=" + evil, "__Host-Http-sid2=" + evil,
		"\u2000__Host-Http-sid=" + evil, "\u00a0__Host-Http-sid=" + evil, "=__Host-Http-sid=" + evil,
		"__Host-Http-sid\u2000=" + evil, `a="; __Host-Http-sid2=` + evil, "__Host-Http-sid",
	} {
		for _, header := range []string{toss + "; " + name + "=" + good, name + "=" + good + "; " + toss} {
			_, who := s.visitor(t).do(http.MethodGet, "/whoami", nil, map[string]string{"Cookie": header})
			if who != "[alice]" {
				t.Errorf("%q is %s", header, who)
			}
		}
	}
}

// newSession logs a user in over what stands for TLS, and returns the key: the
// cookie is Secure, and the test's server is not.
func (s *site) newSession(t *testing.T, name string) string {
	t.Helper()
	user, err := s.Users().ByUsername(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	s.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := s.Auth.Login(r, user); err != nil {
			t.Error(err)
		}
	})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "https://example.com/", nil))
	for _, c := range w.Result().Cookies() {
		if c.Name == s.Settings.Get("SESSION_COOKIE_NAME") {
			return c.Value
		}
	}
	t.Fatal("no cookie")
	return ""
}
