package reset_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	_ "modernc.org/sqlite"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/reset"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/auth/token"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/mail"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

const siteKey = "kx9Wq2mVt7Rb4Zn8Lc5Hd1Jf6Gs3Py0Ua-Oe_Ti.Bw+Qr/Xz=Yv"

// keys are those of the tests' sites.
var keys = secrettest.Keys(siteKey)

// A box keeps the mails that were sent.
type box struct {
	mu    sync.Mutex
	mails []mail.Message
	fail  error
}

func (b *box) Send(_ context.Context, m mail.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return b.fail
	}
	b.mails = append(b.mails, m)
	return m.Check()
}

// A site has users in SQLite, sessions in memory, and a form to reset.
type site struct {
	users    *sqlusers.Users
	logins   *auth.Manager
	sessions *session.Manager
	resets   *reset.Resets
	box      *box
	log      *bytes.Buffer
	alice    auth.User
}

func newSite(t *testing.T) *site {
	t.Helper()
	path := (&url.URL{Path: filepath.Join(t.TempDir(), "site.db")}).EscapedPath()
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := sqlusers.Migrate(t.Context(), django.Database{DB: db}, nil); err != nil {
		t.Fatal(err)
	}
	s := &site{box: &box{}, log: &bytes.Buffer{}}
	if s.users, err = sqlusers.New(t.Context(), django.Database{DB: db}, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.users.Close() })
	hashers := must(password.New(&password.Options{Hashers: []password.Hasher{must(password.PBKDF2SHA256(10))}}))
	if s.logins, err = auth.New(s.users, keys, &auth.Options{Hashers: hashers}); err != nil {
		t.Fatal(err)
	}
	s.sessions = noerror.In(session.New(memstore.New(), nil))
	encoded, err := hashers.Hash(t.Context(), "wonderland")
	if err != nil {
		t.Fatal(err)
	}
	s.alice, err = s.users.Create(t.Context(), auth.User{
		Username: "alice", Email: "Alice@example.com", Password: encoded, IsActive: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.resets = s.open(t, s.users)
	return s
}

func (s *site) open(t *testing.T, users reset.Users) *reset.Resets {
	t.Helper()
	tokens, err := token.New(keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	x, err := reset.New(s.logins, users, tokens, s.box, &reset.Options{
		URL: "https://example.com/reset/{id}/{token}/", Queue: 3,
		Logger: slog.New(slog.NewTextHandler(s.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close(context.WithoutCancel(t.Context())) })
	return x
}

func request(t *testing.T, x *reset.Resets, email string) {
	t.Helper()
	if err := x.Request(httptest.NewRequest(http.MethodPost, "/reset", nil), email); err != nil {
		t.Error(err)
	}
}

// mailed requests a reset and returns what was sent.
func (s *site) mailed(t *testing.T, email string) []mail.Message {
	t.Helper()
	x := s.open(t, s.users)
	s.box.mails = nil
	request(t, x, email)
	if err := x.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s.box.mails
}

var linkForm = regexp.MustCompile(`https://example\.com/reset/([^/]+)/([^/\s]+)/`)

func (s *site) link(t *testing.T) (id, tok string) {
	t.Helper()
	mails := s.mailed(t, "alice@EXAMPLE.com")
	if len(mails) != 1 {
		t.Fatalf("%d mails, want 1; log %s", len(mails), s.log)
	}
	parts := linkForm.FindStringSubmatch(mails[0].Text)
	if parts == nil {
		t.Fatalf("no link in %q", mails[0].Text)
	}
	return parts[1], parts[2]
}

// do runs f as a request of a visitor with this session key, and returns the
// key that the visitor has afterwards.
func (s *site) do(key string, f func(r *http.Request)) (string, int) {
	r := httptest.NewRequest(http.MethodPost, "https://example.com/", nil)
	if key != "" {
		r.AddCookie(&http.Cookie{Name: "sessionid", Value: key})
	}
	w := httptest.NewRecorder()
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { f(r) })
	s.sessions.Handler(s.logins.Handler(h)).ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		key = c.Value
	}
	return key, w.Code
}

func (s *site) passwordIs(t *testing.T, pw string) bool {
	t.Helper()
	ok := false
	s.do("", func(r *http.Request) {
		_, err := s.logins.Authenticate(r, "alice", pw)
		ok = err == nil
	})
	return ok
}

// TestForgottenPasswordToNewOne is the whole way.
func TestForgottenPasswordToNewOne(t *testing.T) {
	s := newSite(t)
	loggedIn, _ := s.do("", func(r *http.Request) {
		if err := s.logins.Login(r, s.alice); err != nil {
			t.Error(err)
		}
	})
	id, tok := s.link(t)
	key, _ := s.do("", func(r *http.Request) {
		if _, moved, err := s.resets.Open(r, id, tok); err != nil || !moved {
			t.Errorf("the link: error %v, want that the token has moved", err)
		}
	})
	key, _ = s.do(key, func(r *http.Request) {
		if user, _, err := s.resets.Open(r, id, reset.KeptToken); err != nil || user.Username != "alice" {
			t.Errorf("after the redirect: %v, %v", user, err)
		}
	})
	key, _ = s.do(key, func(r *http.Request) {
		var refused *auth.PasswordError
		if _, err := s.resets.Finish(r, id, "alice"); !errors.As(err, &refused) {
			t.Errorf("a weak password: error %v", err)
		}
	})
	key, _ = s.do(key, func(r *http.Request) {
		user, err := s.resets.Finish(r, id, "a plain staple")
		if err != nil || user.Username != "alice" {
			t.Errorf("Finish = %v, %v", user, err)
		}
		if auth.From(r).IsAuthenticated() {
			t.Error("the visitor is logged in")
		}
	})
	if !s.passwordIs(t, "a plain staple") || s.passwordIs(t, "wonderland") {
		t.Error("the password is not the new one")
	}
	s.do(loggedIn, func(r *http.Request) {
		if auth.From(r).IsAuthenticated() {
			t.Error("an old session has survived")
		}
	})
	for _, key := range []string{key, ""} {
		s.do(key, func(r *http.Request) {
			if _, _, err := s.resets.Open(r, id, tok); !errors.Is(err, reset.ErrBadLink) {
				t.Errorf("the used link: error %v, want ErrBadLink", err)
			}
			if _, err := s.resets.Finish(r, id, "another staple"); !errors.Is(err, reset.ErrBadLink) {
				t.Errorf("Finish with the used link: error %v, want ErrBadLink", err)
			}
		})
	}
}

func TestInvalidLinks(t *testing.T) {
	s := newSite(t)
	id, tok := s.link(t)
	bob, err := s.users.Create(t.Context(), auth.User{Username: "bob", Email: "bob@example.com", IsActive: true})
	if err != nil {
		t.Fatal(err)
	}
	bobs := token.EncodeID("2")
	for _, link := range [][2]string{
		{id, tok + "x"},
		{id, ""},
		{id, "x-y"},
		{bobs, tok},
		{token.EncodeID("99"), tok},
		{"", tok},
		{"!", tok},
		{token.EncodeID("1 "), tok},
		{token.EncodeID("abc"), tok},
		{id, reset.KeptToken},
		{token.EncodeID("99999999999999999999"), tok},
	} {
		key, _ := s.do("", func(r *http.Request) {
			if user, _, err := s.resets.Open(r, link[0], link[1]); !errors.Is(err, reset.ErrBadLink) {
				t.Errorf("%q: %v, %v; want ErrBadLink", link, user, err)
			}
		})
		if key != "" {
			t.Errorf("%q: the visitor got a session", link)
		}
	}
	key, _ := s.do("", func(r *http.Request) { _, _, _ = s.resets.Open(r, id, tok) })
	s.do(key, func(r *http.Request) {
		if user, err := s.resets.Finish(r, bobs, "a plain staple"); !errors.Is(err, reset.ErrBadLink) {
			t.Errorf("alice's link for bob: %v, %v", user, err)
		}
	})
	if now, err := s.users.ByID(t.Context(), bob.ID); err != nil || now.Password != bob.Password {
		t.Errorf("bob's password has changed, error %v", err)
	}
}

// TestLinkOfAUserWhoWasDeactivated: the link is not a back door.
func TestLinkOfAUserWhoWasDeactivated(t *testing.T) {
	s := newSite(t)
	id, tok := s.link(t)
	inactive := s.open(t, deactivated{s.users})
	s.do("", func(r *http.Request) {
		if user, _, err := inactive.Open(r, id, tok); !errors.Is(err, reset.ErrBadLink) {
			t.Errorf("%v, %v; want ErrBadLink", user, err)
		}
	})
}

// TestTwoClicksOnOneLink: both requests have loaded the visitor's session before either
// has opened the link. Whichever answer the browser keeps, the reset goes on, with the
// other items.
func TestTwoClicksOnOneLink(t *testing.T) {
	s := newSite(t)
	id, tok := s.link(t)
	anonymous, _ := s.do("", func(r *http.Request) { session.From(r).Set("cart", "tea") })
	open := func(r *http.Request) {
		if _, moved, err := s.resets.Open(r, id, tok); err != nil || !moved {
			t.Errorf("moved %t, error %v", moved, err)
		}
	}
	var first string
	second, status := s.do(anonymous, func(r *http.Request) {
		session.From(r)
		first, _ = s.do(anonymous, open)
		open(r)
	})
	if status != http.StatusOK || second == first || second == anonymous {
		t.Fatalf("the second click: %d, another key: %t", status, second != first)
	}
	for _, key := range []string{first, second} {
		s.do(key, func(r *http.Request) {
			user, _, err := s.resets.Open(r, id, reset.KeptToken)
			if cart := session.Item[string]("cart").Get(session.From(r), ""); err != nil || user.Username != "alice" || cart != "tea" {
				t.Errorf("after the redirect: %v, %v, the cart holds %q", user, err, cart)
			}
		})
	}
}

// TestPlantedKeyCannotFinish: somebody who knew the visitor's session key
// before the link was opened gains nothing, and the visitor keeps the
// session.
func TestPlantedKeyCannotFinish(t *testing.T) {
	s := newSite(t)
	id, tok := s.link(t)
	planted, _ := s.do("", func(r *http.Request) { session.From(r).Set("cart", "tea") })
	opened, _ := s.do(planted, func(r *http.Request) { _, _, _ = s.resets.Open(r, id, tok) })
	s.do(planted, func(r *http.Request) {
		if _, err := s.resets.Finish(r, id, "a plain staple"); !errors.Is(err, reset.ErrBadLink) {
			t.Errorf("Finish by the planted key: error %v, want ErrBadLink", err)
		}
	})
	finished, _ := s.do(opened, func(r *http.Request) {
		if _, err := s.resets.Finish(r, id, "a plain staple"); err != nil {
			t.Errorf("Finish by the visitor: %v", err)
		}
	})
	if finished == opened {
		t.Error("after the reset, the key is the same")
	}
	for key, want := range map[string]string{planted: "", opened: "", finished: "tea"} {
		s.do(key, func(r *http.Request) {
			if got := session.Item[string]("cart").Get(session.From(r), ""); got != want {
				t.Errorf("the cart holds %q, want %q", got, want)
			}
		})
	}
}

// deactivated users are as they were, but may not log in.
type deactivated struct{ reset.Users }

func (d deactivated) ByID(ctx context.Context, id string) (auth.User, error) {
	user, err := d.Users.ByID(ctx, id)
	user.IsActive = false
	return user, err
}

// TestLinkCountsOnce: of many requests that finish with one link at the same
// time, one succeeds.
func TestLinkCountsOnce(t *testing.T) {
	for range 20 {
		s := newSite(t)
		id, tok := s.link(t)
		key, _ := s.do("", func(r *http.Request) { _, _, _ = s.resets.Open(r, id, tok) })
		var won atomic.Int64
		var wg sync.WaitGroup
		start := make(chan struct{})
		for _, pw := range []string{"first staple", "second staple", "third staple", "fourth staple"} {
			wg.Go(func() {
				<-start
				s.do(key, func(r *http.Request) {
					switch _, err := s.resets.Finish(r, id, pw); {
					case err == nil:
						won.Add(1)
					case !errors.Is(err, reset.ErrBadLink):
						t.Error(err)
					}
				})
			})
		}
		close(start)
		wg.Wait()
		if n := won.Load(); n != 1 {
			t.Fatalf("%d requests have set a password, want 1", n)
		}
	}
}

// TestMailGoesToTheStoredAddressOnly: CVE-2019-19844.
func TestMailGoesToTheStoredAddressOnly(t *testing.T) {
	s := newSite(t)
	for _, user := range []auth.User{
		{Username: "inactive", Email: "inactive@example.com", Password: s.alice.Password},
		{Username: "unusable", Email: "unusable@example.com", IsActive: true},
		{Username: "alice2", Email: "alice@example.com", Password: s.alice.Password, IsActive: true},
	} {
		if _, err := s.users.Create(t.Context(), user); err != nil {
			t.Fatal(err)
		}
	}
	for email, want := range map[string]string{
		" aLice@example.com ":    "Alice@example.com alice@example.com",
		" alice ":                "Alice@example.com",
		"Alice":                  "",
		"inactive":               "",
		"unusable":               "",
		"alice\x00":              "",
		"\xffalice":              "",
		"alıce@example.com":      "",
		"inactive@example.com":   "",
		"unusable@example.com":   "",
		"nobody@example.com":     "",
		"":                       "",
		"alice@example.com\r\nx": "",
	} {
		var to []string
		for _, m := range s.mailed(t, email) {
			to = append(to, m.To)
		}
		slices.Sort(to)
		if got := strings.Join(to, " "); got != want {
			t.Errorf("%q: mails to %q, want %q", email, got, want)
		}
	}
}

// listed is a user store that gives every address to the same users.
type listed struct {
	reset.Users
	users []auth.User
}

func (l listed) ByEmail(context.Context, string) ([]auth.User, error) { return l.users, nil }

// TestNoMailForUsersWhoCannotLogIn, whatever the store of the users says.
func TestNoMailForUsersWhoCannotLogIn(t *testing.T) {
	s := newSite(t)
	user := func(name, password string, active bool) auth.User {
		return auth.User{
			ID: s.alice.ID, Username: name, Email: name + "@example.com", Password: password, IsActive: active,
		}
	}
	x := s.open(t, listed{s.users, []auth.User{
		user("unusable", password.MakeUnusable(), true),
		user("disabled", "!"+s.alice.Password, true),
		user("inactive", s.alice.Password, false),
		user("alice", s.alice.Password, true),
	}})
	request(t, x, "everybody@example.com")
	if err := x.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(s.box.mails) != 1 || s.box.mails[0].To != "alice@example.com" {
		t.Errorf("%d mails: %v", len(s.box.mails), s.box.mails)
	}
}

// slow is a user store that does not answer.
type slow struct {
	reset.Users
	asked chan struct{}
	done  <-chan struct{}
}

func (s slow) ByUsername(context.Context, string) (auth.User, error) {
	return auth.User{}, auth.ErrUserNotFound
}

func (s slow) ByEmail(ctx context.Context, _ string) ([]auth.User, error) {
	select {
	case s.asked <- struct{}{}:
	default:
	}
	select {
	case <-s.done:
	case <-ctx.Done():
	}
	return nil, ctx.Err()
}

// TestA18RequestTellsNothing: it returns before anybody was looked up, so
// that its time does not depend on who has an account.
func TestA18RequestTellsNothing(t *testing.T) {
	s := newSite(t)
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		x := s.open(t, slow{asked: make(chan struct{}), done: done})
		for _, email := range []string{"alice@example.com", "nobody@example.com", "alice"} {
			request(t, x, email)
		}
		close(done)
		if err := x.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestFullQueuePromisesNothing: what cannot be kept is refused with 503, before
// anything is said, and costs no attempt. So is what comes after Close.
func TestFullQueuePromisesNothing(t *testing.T) {
	s := newSite(t)
	done := make(chan struct{})
	x := s.open(t, slow{asked: make(chan struct{}), done: done}) // three places
	refused := func() bool {
		var err error
		w := httptest.NewRecorder()
		s.sessions.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if err = x.Request(r, "alice@example.com"); err != nil {
				session.Abort(r, err)
			}
		})).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/reset", nil))
		var busy *session.RetryError
		if err == nil {
			return false
		}
		if !errors.As(err, &busy) || !errors.Is(err, session.ErrUnavailable) ||
			w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "30" ||
			w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("error %v, answer %d %v", err, w.Code, w.Header())
		}
		return true
	}
	for i := range 10 {
		if got, want := refused(), i >= 3; got != want {
			t.Errorf("request %d: refused %t, want %t", i+1, got, want)
		}
	}
	if !strings.Contains(s.log.String(), "too many requests") {
		t.Errorf("log %q does not tell of what was refused", s.log)
	}
	close(done)
	if err := x.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if !refused() {
		t.Error("after Close, a request was taken")
	}
}

// lookups notes whom it is asked for, once it is let.
type lookups struct {
	reset.Users
	let   chan struct{}
	mu    *sync.Mutex
	asked *[]string
}

func (l lookups) ByUsername(context.Context, string) (auth.User, error) {
	return auth.User{}, auth.ErrUserNotFound
}

func (l lookups) ByEmail(_ context.Context, email string) ([]auth.User, error) {
	<-l.let
	l.mu.Lock()
	defer l.mu.Unlock()
	*l.asked = append(*l.asked, email)
	return nil, nil
}

// TestLongAddressesAreNotQueued: one that no column holds is answered as all
// others, and nobody is looked up.
func TestLongAddressesAreNotQueued(t *testing.T) {
	s := newSite(t)
	l := lookups{let: make(chan struct{}), mu: new(sync.Mutex), asked: new([]string)}
	close(l.let)
	x := s.open(t, l)
	longest := strings.Repeat("😀", 254)
	for _, email := range []string{longest + "x", strings.Repeat("x", 1<<20), strings.Repeat("\xff", 255)} {
		request(t, x, email)
	}
	request(t, x, " "+longest+" ")
	if err := x.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(slices.Compact(*l.asked), []string{longest}) || s.log.Len() > 0 {
		t.Errorf("asked for %.100q, log %s", *l.asked, s.log)
	}
}

// TestQueueKeepsAddressesOnly, and not the forms that they were part of.
func TestQueueKeepsAddressesOnly(t *testing.T) {
	s := newSite(t)
	l := lookups{let: make(chan struct{}), mu: new(sync.Mutex), asked: new([]string)}
	x := s.open(t, l)
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	const size = 10 << 20
	before := heap()
	for range 3 {
		form := strings.Repeat("a", size)
		request(t, x, form[:100])
	}
	if after := heap(); after > before+size {
		t.Errorf("3 requests that wait keep %d bytes", after-before)
	}
	close(l.let)
}

// TestA18LimitedRequestTellsNothing: an address that nobody has is limited just
// as one that somebody has, and no mail is sent beyond the limit.
func TestA18LimitedRequestTellsNothing(t *testing.T) {
	s := newSite(t)
	x, _ := s.limited(t, throttle.Limit{Burst: 2, Every: time.Hour})
	for _, email := range []string{"alice@example.com", "nobody@example.com"} {
		var got []bool
		for _, spelled := range []string{email, strings.ToUpper(email), " " + email, email} {
			err := x.Request(httptest.NewRequest(http.MethodPost, "/reset", nil), spelled)
			got = append(got, errors.Is(err, throttle.ErrLimited))
		}
		if want := []bool{false, false, true, true}; !slices.Equal(got, want) {
			t.Errorf("%s is limited %t, want %t", email, got, want)
		}
	}
	if err := x.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(s.box.mails); n != 2 {
		t.Errorf("%d mails, want 2", n)
	}
}

func TestCloseEndsWithItsContext(t *testing.T) {
	s := newSite(t)
	x := s.open(t, slow{asked: make(chan struct{}), done: nil})
	request(t, x, "alice@example.com")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := x.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

// TestFailuresAreNotBadLinks: a database that is down is 503 to the visitor,
// and a mail server that is down a line in the log, without the link.
func TestFailuresAreNotBadLinks(t *testing.T) {
	s := newSite(t)
	id, tok := s.link(t)
	s.box.fail = errors.New("connection refused")
	s.mailed(t, "alice@example.com")
	if log := s.log.String(); !strings.Contains(log, "connection refused") || strings.Contains(log, "/reset/") {
		t.Errorf("log %q", log)
	}
	if err := s.users.Close(); err != nil {
		t.Fatal(err)
	}
	s.do("", func(r *http.Request) {
		if _, _, err := s.resets.Open(r, id, tok); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("users are down: error %v, want ErrUnavailable", err)
		}
	})
}

func TestImpossibleURL(t *testing.T) {
	for _, u := range []string{
		"", "/reset/{id}/{token}/", "https://example.com/", "https://example.com/{id}/", "ftp://h/{id}/{token}/",
		"https://example.com/{id}/{token}/{token}/",
		"http://:8000/{id}/{token}/", "http://0.0.0.0:8000/{id}/{token}/", "http://[::]:8000/{id}/{token}/",
		"http://[::ffff:0.0.0.0]/{id}/{token}/", "https://user@/{id}/{token}/",
	} {
		_, err := reset.New(new(auth.Manager), new(sqlusers.Users), new(token.Generator), &box{}, &reset.Options{URL: u})
		if err == nil || !strings.Contains(err.Error(), "URL") {
			t.Errorf("%q: %v", u, err)
		}
	}
}

// TestNewSaysWhatIsMissing, and names an option that is invalid.
func TestNewSaysWhatIsMissing(t *testing.T) {
	logins, users, tokens, o := new(auth.Manager), new(sqlusers.Users), new(token.Generator), &reset.Options{
		URL: "https://example.com/{id}/{token}/",
	}
	made := func(_ *reset.Resets, err error) error { return err }
	for want, err := range map[string]error{
		"logins": made(reset.New(nil, users, tokens, &box{}, o)),
		"users":  made(reset.New(logins, nil, tokens, &box{}, o)),
		"tokens": made(reset.New(logins, users, nil, &box{}, o)),
		"sender": made(reset.New(logins, users, tokens, nil, o)),
		"URL":    made(reset.New(logins, users, tokens, &box{}, nil)),
		"Queue":  made(reset.New(logins, users, tokens, &box{}, &reset.Options{URL: o.URL, Queue: -1})),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// held is a hash that ends when it is released.
type held struct {
	password.Hasher
	inside, release chan struct{}
}

func (h held) Encode(pw string) (string, error) {
	h.inside <- struct{}{}
	<-h.release
	return h.Hasher.Encode(pw)
}

// TestFinishWithAFullQueueIs503: the link is judged before anything is hashed,
// and stays valid for another try.
func TestFinishWithAFullQueueIs503(t *testing.T) {
	s := newSite(t)
	id, tok := s.link(t)
	h := held{must(password.PBKDF2SHA256(10)), make(chan struct{}, 9), make(chan struct{})}
	hashers := must(password.New(&password.Options{
		Hashers: []password.Hasher{h}, Parallel: 1, Queue: -1, Logger: slog.New(slog.DiscardHandler),
	}))
	normal := s.logins
	var err error
	if s.logins, err = auth.New(s.users, keys, &auth.Options{Hashers: hashers}); err != nil {
		t.Fatal(err)
	}
	resets := s.open(t, s.users)
	key, _ := s.do("", func(r *http.Request) {
		if _, moved, err := resets.Open(r, id, tok); err != nil || !moved {
			t.Error(err)
		}
	})
	done := make(chan error)
	go func() { done <- hashers.Burn(t.Context(), "x") }()
	<-h.inside
	_, code := s.do(key, func(r *http.Request) {
		_, err := resets.Finish(r, id, "a plain staple")
		if !errors.Is(err, password.ErrBusy) || !errors.Is(err, session.ErrUnavailable) || errors.Is(err, reset.ErrBadLink) {
			t.Errorf("error %v", err)
		}
		session.Abort(r, err)
	})
	if code != http.StatusServiceUnavailable {
		t.Errorf("status %d", code)
	}
	s.do("", func(r *http.Request) { // though the queue is full
		if _, err := resets.Finish(r, id, "a plain staple"); !errors.Is(err, reset.ErrBadLink) {
			t.Errorf("without the link: %v", err)
		}
	})
	close(h.release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	s.do(key, func(r *http.Request) {
		if _, err := resets.Finish(r, id, "a plain staple"); err != nil {
			t.Error(err)
		}
	})
	s.logins = normal
	if !s.passwordIs(t, "a plain staple") {
		t.Error("the password is not set")
	}
}

// must returns what a constructor has made.
func must[T any](made T, err error) T {
	if err != nil {
		panic(err)
	}
	return made
}
