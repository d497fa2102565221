package throttle_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/internal/username"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

const (
	siteKey   = "kx9Wq2mVt7Rb4Zn8Lc5Hd1Jf6Gs3Py0Ua-Oe_Ti.Bw+Qr/Xz=Yv"
	oldSecret = "an older key of this site, which is still good enough"
)

// keys are those of the tests' sites.
var keys = secrettest.Keys(siteKey)

// Limiter is what throttle.New returns.
type Limiter = throttle.Concrete

// A site is a limiter with a clock, and what the limiter has reported.
type site struct {
	*testing.T
	*Limiter
	memory  throttle.Store
	now     time.Time
	log     bytes.Buffer
	limited []string

	passwords map[string]string // encoded, by name; of all others it is the name
}

// attempt returns one on the user whom Django would find under a name.
func (s *site) attempt(name string) auth.Attempt {
	return auth.Attempt{Username: name, User: s.user(name)}
}

func (s *site) user(name string) auth.User {
	stored := username.Normalize(strings.TrimSpace(name))
	user := auth.User{ID: fmt.Sprint(crc32.ChecksumIEEE([]byte(stored))), Username: stored, Password: stored}
	if password, ok := s.passwords[stored]; ok {
		user.Password = password
	}
	return user
}

func (s *site) Check(r *http.Request, name string) error { return s.Limiter.Check(r, s.attempt(name)) }

// Succeeded is a login of the user.
func (s *site) Succeeded(header http.Header, r *http.Request, name string) {
	s.Limiter.Succeeded(r, s.attempt(name))
	s.MakeKnown(header, r, name)
}

func (s *site) MakeKnown(header http.Header, r *http.Request, name string) {
	s.Limiter.MakeKnown(header, r, s.attempt(name))
}

func open(t *testing.T, o throttle.Options) *site {
	t.Helper()
	return openKeys(t, keys, o)
}

func openKeys(t *testing.T, keys secret.Keys, o throttle.Options) *site {
	t.Helper()
	s := &site{T: t, memory: noerror.In(throttle.NewMemory(100_000)), now: time.Now()}
	o.Logger = slog.New(slog.NewTextHandler(&s.log, nil))
	o.OnLimited = func(_ *http.Request, bucket string, _ time.Duration) { s.limited = append(s.limited, bucket) }
	var err error
	s.Limiter, err = throttle.NewAt(func() time.Time { return s.now }, s.memory, keys, &o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// from returns a request of this address with these cookies.
func from(addr string, cookies ...*http.Cookie) *http.Request {
	r := httptest.NewRequest("POST", "https://example.com/login", nil)
	r.RemoteAddr = addr
	for _, c := range cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	return r
}

const (
	home   = "192.0.2.1:1234"
	evil   = "198.51.100.7:1234"
	office = "203.0.113.9:1234"
)

// login logs in and returns the cookie.
func (s *site) login(r *http.Request, name string) *http.Cookie {
	s.Helper()
	if err := s.Check(r, name); err != nil {
		s.Fatalf("Check: %v", err)
	}
	w := httptest.NewRecorder()
	s.Succeeded(w.Header(), r, name)
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		s.Fatalf("%d cookies, want 1", len(cookies))
	}
	return cookies[0]
}

// exhaust takes all attempts of an account, each from another source.
func (s *site) exhaust(name string) {
	s.Helper()
	for i := range 10 {
		if err := s.Check(from(fmt.Sprintf("198.51.100.%d:1", 100+i)), name); err != nil {
			s.Fatalf("attempt %d: %v", i+1, err)
		}
	}
	s.wantLimited(from("198.51.100.200:1"), name, throttle.BucketAccount, 5*time.Minute)
}

func (s *site) wantLimited(r *http.Request, name string, by string, wait time.Duration) {
	s.Helper()
	err := s.Check(r, name)
	var limited *session.RetryError
	if !errors.As(err, &limited) || !errors.Is(err, throttle.ErrLimited) {
		s.Fatalf("Check: %v, want ErrLimited in a RetryError", err)
	}
	if got := throttle.BucketOf(err); got != by || limited.RetryAfter != wait {
		s.Errorf("limited by the %s for %v, want by the %s for %v", got, limited.RetryAfter, by, wait)
	}
	if len(s.limited) == 0 || s.limited[len(s.limited)-1] != by {
		s.Errorf("OnLimited was called for %q", s.limited)
	}
}

func (s *site) wantPass(r *http.Request, name string) {
	s.Helper()
	if err := s.Check(r, name); err != nil {
		s.Errorf("Check: %v", err)
	}
}

// TestAccountHasTenAttemptsThenOneInFiveMinutes, from wherever they come.
func TestAccountHasTenAttemptsThenOneInFiveMinutes(t *testing.T) {
	s := open(t, throttle.Options{})
	s.exhaust("john_doe")
	s.wantPass(from("198.51.100.200:1"), "jane")
	s.now = s.now.Add(5*time.Minute - time.Second)
	s.wantLimited(from(home), "john_doe", throttle.BucketAccount, time.Second)
	s.now = s.now.Add(time.Second)
	s.wantPass(from(home), "john_doe")
	s.wantLimited(from(home), "john_doe", throttle.BucketAccount, 5*time.Minute)
}

// TestSourceHasFiftyAttemptsThenOneInTwoSeconds, on whatever names; and what
// it is refused costs the accounts nothing.
func TestSourceHasFiftyAttemptsThenOneInTwoSeconds(t *testing.T) {
	s := open(t, throttle.Options{})
	for i := range 50 {
		s.wantPass(from(evil), fmt.Sprint("user", i))
	}
	for range 20 {
		s.wantLimited(from(evil), "john_doe", throttle.BucketSource, 2*time.Second)
	}
	s.wantPass(from("198.51.100.8:1234"), "user0")
	s.exhaust("john_doe")
	s.now = s.now.Add(2 * time.Second)
	s.wantPass(from(evil), "user1")
	s.wantLimited(from(evil), "user2", throttle.BucketSource, 2*time.Second)
}

// TestOwnLimits: what the options say counts.
func TestOwnLimits(t *testing.T) {
	s := open(t, throttle.Options{
		PerAccount: throttle.Limit{Burst: 2, Every: time.Hour},
		PerSource:  throttle.Limit{Burst: 3, Every: time.Nanosecond + time.Second},
	})
	s.wantPass(from(home), "a")
	s.wantPass(from(home), "a")
	s.wantLimited(from(home), "a", throttle.BucketAccount, time.Hour)
	s.wantLimited(from(home), "a", throttle.BucketSource, time.Second+time.Microsecond)
}

// TestSpellingsShareAnAccount: each spelling that a backend takes for one user
// costs the same account.
func TestSpellingsShareAnAccount(t *testing.T) {
	s := open(t, throttle.Options{})
	s.exhaust("ΟΔΟΣ fin")
	for _, name := range []string{
		"οδος fin", "οδοσ fin", " ΟΔΟΣ fin\n", "οδος ﬁn", "\u3000οδος FIN", "όδος fín", "οδος\u200b fin \u200b",
	} {
		s.wantLimited(from(home), name, throttle.BucketAccount, 5*time.Minute)
	}
	s.wantPass(from(home), "οδος f1n")
}

// TestHugeNamesCostNothing: a name of megabytes is not normalized.
func TestHugeNamesCostNothing(t *testing.T) {
	name := strings.Repeat("ﬃ", 1<<20)
	if got := throttle.Account(" " + name + " "); got != name {
		t.Error("a name of 3 MB was normalized")
	}
}

// TestSuccessGivesItsAttemptBack to the account or the device, and not to the
// source; what was wrong meanwhile still counts.
func TestSuccessGivesItsAttemptBack(t *testing.T) {
	s := open(t, throttle.Options{})
	for range 9 {
		s.wantPass(from(office), "john_doe")
	}
	for range 50 {
		s.login(from(home), "john_doe")
	}
	s.wantLimited(from(home), "john_doe", throttle.BucketSource, 2*time.Second)
	s.wantPass(from(office), "john_doe")
	s.wantLimited(from(office), "john_doe", throttle.BucketAccount, 5*time.Minute)
	cookie := s.login(from(office), "jane")
	for range 9 {
		s.wantPass(from(office, cookie), "jane")
	}
	for range 30 {
		cookie = s.login(from(office, cookie), "jane")
	}
	s.wantPass(from(office, cookie), "jane")
	s.wantLimited(from(office, cookie), "jane", throttle.BucketDevice, 5*time.Minute)
}

// TestNoLoginPaysForGuesses: guesses at a name stay counted even if a user who
// shares the account logs in between them. That may be a namesake, since a
// backend may tell "ANN" from "ann", and the login may be without Check.
func TestNoLoginPaysForGuesses(t *testing.T) {
	s := open(t, throttle.Options{PerSource: throttle.Limit{Burst: 1000, Every: time.Second}})
	var cookies []*http.Cookie
	for i := range 9 {
		s.wantPass(from(evil), "ann")
		cookies = append(cookies, s.login(from(evil), "ANN"))
		s.login(from(evil, cookies[i]), "ANN")
		s.MakeKnown(http.Header{}, from(evil), "ANN")
		s.MakeKnown(http.Header{}, from(evil, cookies[i]), "ANN")
	}
	s.wantPass(from(evil), "ann")
	s.wantLimited(from(evil), "ann", throttle.BucketAccount, 5*time.Minute)
}

// TestKnownDeviceCannotBeLockedOut by strangers, neither through the account
// nor through the source that it shares with them.
func TestKnownDeviceCannotBeLockedOut(t *testing.T) {
	s := open(t, throttle.Options{})
	cookie := s.login(from(home), "john_doe")
	s.exhaust("john_doe")
	for i := range 49 {
		s.wantPass(from(home), fmt.Sprint("user", i))
	}
	s.wantLimited(from(home), "jane", throttle.BucketSource, 2*time.Second)
	for range 10 {
		s.wantPass(from(home, cookie), " ｊohn_doe")
	}
	s.wantLimited(from(home, cookie), "john_doe", throttle.BucketDevice, 5*time.Minute)
	s.now = s.now.Add(5 * time.Minute)
	renewed := s.login(from(office, cookie), "john_doe")
	s.wantPass(from(office, renewed), "john_doe")
	// The first cookie is the same device: a copy has no attempts of its own.
	s.wantLimited(from(evil, cookie), "john_doe", throttle.BucketDevice, 5*time.Minute)
}

// TestKnownDeviceGivesStrangersNothing: its login does not fill the bucket
// that strangers have emptied.
func TestKnownDeviceGivesStrangersNothing(t *testing.T) {
	s := open(t, throttle.Options{})
	cookie := s.login(from(home), "john_doe")
	s.exhaust("john_doe")
	s.login(from(home, cookie), "john_doe")
	s.wantLimited(from(evil), "john_doe", throttle.BucketAccount, 5*time.Minute)
}

// TestUnknownNamesLookTheSame: the limiter has no way to know who exists, and
// keeps as much for each name.
func TestUnknownNamesLookTheSame(t *testing.T) {
	s := open(t, throttle.Options{})
	s.login(from(home), "exists")
	for _, name := range []string{"exists", "nobody"} {
		before := len(throttle.Keys(s.memory))
		s.exhaust(name)
		want := map[string]int{"exists": 11, "nobody": 1}[name] // the first, whose bucket is there, adds its sources
		if grown := len(throttle.Keys(s.memory)) - before; grown != want {
			t.Errorf("%s: %d buckets more, want %d", name, grown, want)
		}
	}
}

// TestPurposesCountApart, and a device that is known from logins is a stranger
// to another purpose.
func TestPurposesCountApart(t *testing.T) {
	s := open(t, throttle.Options{})
	cookie := s.login(from(home), "john_doe")
	s.exhaust("john_doe")
	resets, err := throttle.NewAt(time.Now, s.memory, keys, &throttle.Options{Purpose: "password reset"})
	if err != nil {
		t.Fatal(err)
	}
	reset := &site{T: t, Limiter: resets}
	for range 10 {
		if err := reset.Check(from(evil), "john_doe"); err != nil {
			t.Fatal(err)
		}
	}
	if err := reset.Check(from(evil), "john_doe"); !errors.Is(err, throttle.ErrLimited) {
		t.Errorf("Check: %v, want ErrLimited", err)
	}
	if err := reset.Check(from(home, cookie), "john_doe"); !errors.Is(err, throttle.ErrLimited) {
		t.Errorf("Check of a device that is known from logins: %v, want ErrLimited", err)
	}
	s.wantPass(from(home, cookie), "john_doe")
}

// failing is a store that cannot be asked.
type failing struct{}

var errDown = errors.New("store is down")

func (failing) Take(context.Context, string, throttle.Limit, time.Time) (time.Duration, error) {
	return 0, errDown
}

func (failing) Give(context.Context, string, throttle.Limit) error { return errDown }

func (failing) Close() error { return nil }

// TestStoreDownIsNotAllowed, unless the options say so; and a successful
// login stays one.
func TestStoreDownIsNotAllowed(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	l, err := throttle.NewAt(time.Now, failing{}, keys, &throttle.Options{Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	closed := &site{T: t, Limiter: l}
	err = closed.Check(from(home), "john_doe")
	if !errors.Is(err, session.ErrUnavailable) || !errors.Is(err, errDown) ||
		errors.Is(err, throttle.ErrLimited) {
		t.Errorf("Check: %v, want ErrUnavailable and its cause", err)
	}
	w := httptest.NewRecorder()
	closed.Succeeded(w.Header(), from(home), "john_doe")
	if len(w.Result().Cookies()) != 1 {
		t.Error("Succeeded set no cookie")
	}
	if text := log.String(); strings.Count(text, "level=ERROR") != 2 || !strings.Contains(text, errDown.Error()) {
		t.Errorf("logged\n%s", text)
	}

	l, err = throttle.NewAt(time.Now, failing{}, keys, &throttle.Options{Logger: logger, FailOpen: true})
	if err != nil {
		t.Fatal(err)
	}
	open := &site{T: t, Limiter: l}
	if err := open.Check(from(home), "john_doe"); err != nil {
		t.Errorf("Check with FailOpen: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := open.Check(from(home).WithContext(ctx), "john_doe"); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("Check with FailOpen of a visitor who hung up: %v, want ErrUnavailable", err)
	}
}

// obedient gives an attempt back only while somebody waits for it.
type obedient struct {
	throttle.Store
	given int
}

func (o *obedient) Give(ctx context.Context, key string, limit throttle.Limit) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	o.given++
	return o.Store.Give(ctx, key, limit)
}

// TestVisitorWhoLeavesGetsTheAttemptBack, and raises no alarm.
func TestVisitorWhoLeavesGetsTheAttemptBack(t *testing.T) {
	var log bytes.Buffer
	store := &obedient{Store: noerror.In(throttle.NewMemory(100))}
	l := noerror.In(throttle.NewAt(time.Now, store, keys, &throttle.Options{
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	}))
	s := &site{T: t, Limiter: l}
	s.wantPass(from(home), "john_doe")
	ctx, leave := context.WithCancel(t.Context())
	leave()
	l.Succeeded(from(home).WithContext(ctx), s.attempt("john_doe"))
	if store.given != 1 || log.Len() > 0 {
		t.Errorf("given back %d times, logged %s", store.given, &log)
	}
}

// TestNothingIsAtRest: neither the store nor the log shows who tried to log in,
// and the store does not show from where.
func TestNothingIsAtRest(t *testing.T) {
	const name = "NAME-OR-PASSWORD-SENTINEL"
	var seen spy
	var log bytes.Buffer
	limiter, err := throttle.NewAt(time.Now, &seen, keys, &throttle.Options{
		Logger:     slog.New(slog.NewTextHandler(&log, nil)),
		PerAccount: throttle.Limit{Burst: 1, Every: time.Minute},
	})
	if err != nil {
		t.Fatal(err)
	}
	seen.Store = noerror.In(throttle.NewMemory(100_000))
	l := &site{T: t, Limiter: limiter}
	for range 3 {
		_ = l.Check(from(home), name)
	}
	w := httptest.NewRecorder()
	l.Succeeded(w.Header(), from(home), name)
	_ = l.Check(from(home, w.Result().Cookies()...), name)
	if len(seen.keys) != 9 {
		t.Errorf("the store was asked %d times, want 9", len(seen.keys))
	}
	for _, key := range seen.keys {
		if len(key) != 33 || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			t.Errorf("the key %q has not the form that Store promises", key)
		}
	}
	all := strings.ToLower(strings.Join(seen.keys, " "))
	if strings.Contains(all, "192.0.2") || strings.Contains(all, "sentinel") {
		t.Errorf("the store saw %s", all)
	}
	if strings.Contains(strings.ToLower(log.String()+w.Header().Get("Set-Cookie")), "sentinel") {
		t.Errorf("logged\n%s", log.String())
	}
	if !strings.Contains(log.String(), "bucket=account") || !strings.Contains(log.String(), "source=192.0.2.1/32") {
		t.Errorf("logged\n%s", log.String())
	}
}

// spy notes the keys that a store sees.
type spy struct {
	throttle.Store
	keys []string
}

func (s *spy) Take(ctx context.Context, key string, l throttle.Limit, now time.Time) (time.Duration, error) {
	s.keys = append(s.keys, key)
	return s.Store.Take(ctx, key, l, now)
}

func (s *spy) Give(ctx context.Context, key string, l throttle.Limit) error {
	s.keys = append(s.keys, key)
	return s.Store.Give(ctx, key, l)
}

// TestSecretSeparatesBuckets: somebody who reads one site's store learns
// nothing about another's, and cannot compute the key of a name.
func TestSecretSeparatesBuckets(t *testing.T) {
	one, two := open(t, throttle.Options{}), openKeys(t, secrettest.Keys(oldSecret), throttle.Options{})
	one.wantPass(from(home), "john_doe")
	two.wantPass(from(home), "john_doe")
	for _, a := range throttle.Keys(one.memory) {
		for _, b := range throttle.Keys(two.memory) {
			if a == b {
				t.Errorf("both have the bucket %s", a)
			}
		}
	}
}

// TestLimitedErrorServesItself: 429, and when to come back.
func TestLimitedErrorServesItself(t *testing.T) {
	s := open(t, throttle.Options{PerAccount: throttle.Limit{Burst: 1, Every: 5 * time.Minute}})
	s.wantPass(from(home), "john_doe")
	w := httptest.NewRecorder()
	var answer http.Handler
	if err := s.Check(from(home), "john_doe"); !errors.As(fmt.Errorf("x: %w", err), &answer) {
		t.Fatalf("%v answers nothing", err)
	}
	answer.ServeHTTP(w, from(home))
	const want = "Too many attempts. Please try again in 5 minutes.\n"
	if w.Code != 429 || w.Header().Get("Retry-After") != "300" || w.Body.String() != want {
		t.Errorf("%d, Retry-After %q, %s", w.Code, w.Header().Get("Retry-After"), w.Body)
	}
}

func TestBadOptions(t *testing.T) {
	memory := noerror.In(throttle.NewMemory(100_000))
	if _, err := throttle.NewAt(time.Now, nil, keys, nil); err == nil {
		t.Error("New without a store: no error")
	}
	if _, err := throttle.NewAt(time.Now, memory, secret.Keys{}, nil); err == nil {
		t.Error("New without keys: no error")
	}
	for want, o := range map[string]throttle.Options{
		"PerAccount":      {PerAccount: throttle.Limit{Burst: 5}},
		"PerSource":       {PerSource: throttle.Limit{Every: time.Second}},
		"at most a year":  {PerSource: throttle.Limit{Burst: 1 << 30, Every: 1 << 40}},
		"positive":        {PerAccount: throttle.Limit{Burst: -1, Every: time.Second}},
		"ForwardedHeader": {ForwardedHeader: "X Forwarded"},
		"Options.Site":    {Site: "my shop"},
		"every visitor":   {TrustedProxies: prefixes("10.0.0.0/8", "::/0")},
		"TrustedProxies":  {TrustedProxies: prefixes("::ffff:10.0.0.0/104")},
	} {
		if _, err := throttle.NewAt(time.Now, memory, keys, &o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
