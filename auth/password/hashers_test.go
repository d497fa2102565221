package password_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/password/legacy"
	"github.com/jamsession/jamsession/internal/hashqueue"
)

// cheap keeps the tests fast; the cost does not change what they show.
var cheap = must(password.PBKDF2SHA256(10))

func hashers(t *testing.T, o password.Options) *password.Hashers {
	t.Helper()
	if len(o.Hashers) == 0 {
		o.Hashers = []password.Hasher{cheap}
	}
	h, err := password.New(&o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// workOf returns the work of a string, or of a new one if encoded is empty.
func workOf(h password.Hasher, encoded string) int {
	work, _ := h.Cost(encoded)
	return work
}

// must returns what a constructor has made.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func hash(t *testing.T, h *password.Hashers, pw string) string {
	t.Helper()
	encoded, err := h.Hash(t.Context(), pw)
	if err != nil {
		t.Fatalf("Hash: %v", err)
	}
	return encoded
}

func verify(t *testing.T, h *password.Hashers, pw, encoded string) (ok, mustUpdate bool) {
	t.Helper()
	ok, mustUpdate, err := h.Verify(t.Context(), pw, encoded)
	if err != nil {
		t.Fatalf("Verify: %v", err)
	}
	return ok, mustUpdate
}

func TestHashRoundTrip(t *testing.T) {
	h := hashers(t, password.Options{})
	for _, pw := range []string{"secret", "", " ", "a$b", "пароль", "nul\x00byte", strings.Repeat("x", 4096)} {
		encoded := hash(t, h, pw)
		if ok, must := verify(t, h, pw, encoded); !ok || must {
			t.Errorf("%q: Verify = %v, %v; want true, false", pw, ok, must)
		}
		if ok, must := verify(t, h, pw+"x", encoded); ok || must {
			t.Errorf("%q: a wrong password: Verify = %v, %v", pw, ok, must)
		}
	}
}

func TestDefaultIsDjangos(t *testing.T) {
	encoded := hash(t, hashers(t, password.Options{Hashers: password.Default()}), "secret")
	want := regexp.MustCompile(`^pbkdf2_sha256\$1000000\$[A-Za-z0-9]{22}\$[A-Za-z0-9+/]{43}=$`)
	if !want.MatchString(encoded) {
		t.Errorf("Hash = %q, want %s", encoded, want)
	}
	if n := len(encoded); n > 128 {
		t.Errorf("%d characters do not fit Django's column", n)
	}
}

func TestEachHashHasItsOwnSalt(t *testing.T) {
	h := hashers(t, password.Options{})
	seen := map[string]bool{}
	for range 100 {
		seen[hash(t, h, "secret")] = true
	}
	if len(seen) != 100 {
		t.Errorf("%d different strings in 100", len(seen))
	}
}

func TestTooLongIsRefusedBeforeHashing(t *testing.T) {
	var work atomic.Int64
	h := hashers(t, password.Options{Hashers: []password.Hasher{must(password.Counted(10, &work))}})
	long := strings.Repeat("x", 4096+1)
	encoded := hash(t, h, long[1:])
	work.Store(0)
	if _, err := h.Hash(t.Context(), long); !errors.Is(err, password.ErrTooLong) {
		t.Errorf("Hash: error %v, want ErrTooLong", err)
	}
	if ok, _ := verify(t, h, long, encoded); ok {
		t.Error("Verify accepts a password that is too long")
	}
	if err := h.Burn(t.Context(), long); err != nil {
		t.Errorf("Burn: %v", err)
	}
	if n := work.Load(); n != 0 {
		t.Errorf("%d iterations were done", n)
	}
}

func TestUnusableMatchesNothing(t *testing.T) {
	h := hashers(t, password.Options{})
	unusable := password.MakeUnusable()
	if !regexp.MustCompile(`^![A-Za-z0-9]{40}$`).MatchString(unusable) {
		t.Errorf("MakeUnusable = %q", unusable)
	}
	if unusable == password.MakeUnusable() {
		t.Error("two unusable strings are equal")
	}
	for _, encoded := range []string{unusable, "!", "!" + hash(t, h, "secret")} {
		if password.IsUsable(encoded) {
			t.Errorf("IsUsable(%q)", encoded)
		}
		for _, pw := range []string{"secret", "", unusable} {
			if ok, _ := verify(t, h, pw, encoded); ok {
				t.Errorf("%q matches %q", pw, encoded)
			}
		}
	}
}

// TestEqualWork: somebody who counts the work cannot tell a user with a
// wrong password from one who does not exist, whatever is stored.
func TestEqualWork(t *testing.T) {
	const cost = 5000
	for _, preferred := range []password.Hasher{
		must(password.PBKDF2SHA256(cost)), must(password.BCryptSHA256(5)),
	} {
		h := hashers(t, password.Options{
			Logger: slog.New(slog.DiscardHandler),
			Hashers: append([]password.Hasher{
				preferred,
				must(password.PBKDF2SHA256(cost)),
				must(password.Argon2(0, 0, 0, 0)),
				must(password.Scrypt(0, 0, 0)),
				must(password.BCryptSHA256(0)),
			}, legacy.Hashers()...),
		})
		want := int64(workOf(preferred, ""))
		before := hashqueue.Work(h)
		if err := h.Burn(t.Context(), "guess"); err != nil || hashqueue.Work(h)-before != want {
			t.Fatalf("Burn does the work %d, error %v; want %d", hashqueue.Work(h)-before, err, want)
		}
		for name, encoded := range stored(t) {
			before := hashqueue.Work(h)
			if ok, _ := verify(t, h, "guess", encoded); ok {
				t.Errorf("%s: a wrong password matches", name)
			}
			if n := hashqueue.Work(h) - before; n != want {
				t.Errorf("%s: work %d, want %d", name, n, want)
			}
		}
	}
}

// stored returns strings as they lie in tables, cheaper than 5000 iterations.
func stored(t *testing.T) map[string]string {
	t.Helper()
	legacy := hash(t, hashers(t, password.Options{}), "secret")
	one := func(h password.Hasher) string {
		return hash(t, hashers(t, password.Options{Hashers: []password.Hasher{h}}), "secret")
	}
	return map[string]string{
		"pbkdf2":        legacy,
		"bcrypt":        one(must(password.BCryptSHA256(4))),
		"scrypt":        one(must(password.Scrypt(16, 0, 0))),
		"argon2":        one(must(password.Argon2(0, 64, 0, 0))),
		"md5":           "md5$abcdefghijklmnopqrstuv$59549c8e6897dd44401a081434b86c95",
		"sha1":          "sha1$abcdefghijklmnopqrstuv$b8a69c6bf4351f03ffde3e244e0f215b9073de84",
		"unsalted md5":  "21232f297a57a5a743894a0e4a801fc3",
		"unsalted sha1": "sha1$$acb3885d6d2b57b04428cb0af81bb46871592b82",
		"crypt":         "crypt$$ab1hrYcQHmzaA",
		"unusable":      password.MakeUnusable(),
		"empty":         "",
		"unknown":       "bogus$1$salt$hash",
		"malformed":     "pbkdf2_sha256$100$salt$====",
		"huge cost":     strings.Replace(legacy, "$10$", "$999999999$", 1),
		"huge bcrypt":   "bcrypt_sha256$$2b$31$abcdefghijklmnopqrstuuraR8y8jUb0UMmCc9fwl/YxKZSpSs52u",
		"huge argon2":   "argon2$argon2id$v=19$m=4294967295,t=1,p=1$YWJjZGVmZ2hpamtsbW5vcHFyc3R1dg$GgnGBjWBEB4W7ddkQm6v1g",
		"huge scrypt": "scrypt$1073741824$salt$8$1$" +
			"TiyaeXLh2tvKATp1sZPfxrKyIZRerx2Fa1eogszdwX6DlsS/TiqTAm3lb0SVtjCJC4nBlx2N6lP2kLL9APpExg==",
	}
}

// TestCostIsTheWorkDone compares the cost that PBKDF2 claims with the
// iterations that it does.
func TestCostIsTheWorkDone(t *testing.T) {
	var work atomic.Int64
	p := must(password.Counted(70, &work))
	encoded, err := p.Encode("secret")
	if err != nil || work.Load() != int64(workOf(p, "")) {
		t.Errorf("Encode does %d iterations, error %v; claimed are %d", work.Load(), err, workOf(p, ""))
	}
	work.Store(0)
	p = must(password.Counted(3, &work))
	if ok, err := p.Verify("secret", encoded); !ok || work.Load() != int64(workOf(p, encoded)) {
		t.Errorf("Verify = %v, %v after %d iterations; claimed are %d", ok, err, work.Load(), workOf(p, encoded))
	}
}

// TestGuessThatTheHasherRefuses: bcrypt takes 72 bytes. A longer guess is a
// wrong password at the usual price, and not a failure.
func TestGuessThatTheHasherRefuses(t *testing.T) {
	h := hashers(t, password.Options{Hashers: []password.Hasher{must(password.BCrypt(4))}})
	long := strings.Repeat("x", 73)
	if _, err := h.Hash(t.Context(), long); !errors.Is(err, password.ErrTooLong) {
		t.Errorf("Hash: error %v, want ErrTooLong", err)
	}
	if err := h.Burn(t.Context(), long); err != nil || hashqueue.Work(h) == 0 {
		t.Errorf("Burn: error %v, work %d", err, hashqueue.Work(h))
	}
}

func TestOldAlgorithmsAreReadOnly(t *testing.T) {
	for _, old := range legacy.Hashers() {
		h := hashers(t, password.Options{Hashers: []password.Hasher{old}})
		if encoded, err := h.Hash(t.Context(), "secret"); !errors.Is(err, password.ErrReadOnly) {
			t.Errorf("%s: Hash = %q, %v; want ErrReadOnly", old.Algorithm(), encoded, err)
		}
	}
}

// TestMemoryIsBounded: hashes that need more memory than there is wait for
// each other, though processors are free.
func TestMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var inside, most atomic.Int64
		s := greedy{slow{cheap, &inside, &most, make(chan struct{})}}
		h := hashers(t, password.Options{Hashers: []password.Hasher{s}, Parallel: 9, Memory: 2 << 20})
		var wg sync.WaitGroup
		for range 9 {
			wg.Go(func() { _, _ = h.Hash(t.Context(), "secret") })
		}
		synctest.Wait()
		if n := inside.Load(); n != 2 {
			t.Errorf("%d hashes of 1 MiB run at once in 2 MiB", n)
		}
		close(s.release)
		wg.Wait()
	})
}

// greedy takes a MiB.
type greedy struct{ slow }

func (greedy) Cost(string) (work int, memory int64) { return 10, 1 << 20 }

// foreign is another algorithm, which counts what is asked of it.
type foreign struct{ verified *atomic.Int64 }

func (foreign) Algorithm() string                    { return "foreign" }
func (foreign) Encode(pw string) (string, error)     { return "foreign$" + pw, nil }
func (foreign) MustUpdate(string) bool               { return false }
func (foreign) Cost(string) (work int, memory int64) { return 4, 0 }
func (f foreign) Verify(pw, encoded string) (bool, error) {
	f.verified.Add(1)
	return "foreign$"+pw == encoded, nil
}

func TestOtherAlgorithm(t *testing.T) {
	var verified atomic.Int64
	list := []password.Hasher{cheap, foreign{&verified}}
	h := hashers(t, password.Options{Hashers: list})
	if ok, must := verify(t, h, "secret", "foreign$secret"); !ok || !must {
		t.Errorf("Verify = %v, %v; want true and mustUpdate", ok, must)
	}
	before := hashqueue.Work(h)
	if ok, must := verify(t, h, "wrong", "foreign$secret"); ok || must {
		t.Errorf("Verify = %v, %v; want false, false", ok, must)
	}
	if n := hashqueue.Work(h) - before; n != 10 || verified.Load() != 2 {
		t.Errorf("a wrong password for a cheap algorithm costs the work %d, want 10", n)
	}
	keep := hashers(t, password.Options{Hashers: list, NoUpgrade: true})
	if ok, must := verify(t, keep, "secret", "foreign$secret"); !ok || must {
		t.Errorf("with NoUpgrade: Verify = %v, %v; want true, false", ok, must)
	}
}

// dearest is another algorithm, whose strings say what they cost.
type dearest struct{ foreign }

func (dearest) Cost(encoded string) (work int, memory int64) {
	switch encoded {
	case "foreign$work":
		return password.MaxWork + 1, 0
	case "foreign$memory":
		return 1, password.MaxMemory + 1
	case "foreign$less":
		return -1, 0
	}
	return 4, 0
}

// TestTooExpensiveHashIsNotComputed, not even with a hasher of another package:
// it is refused with the work of a fresh hash.
func TestTooExpensiveHashIsNotComputed(t *testing.T) {
	for _, pw := range []string{"work", "memory", "less"} {
		var verified atomic.Int64
		h := hashers(t, password.Options{Hashers: []password.Hasher{cheap, dearest{foreign{&verified}}}})
		ok, must := verify(t, h, pw, "foreign$"+pw)
		if ok || must || verified.Load() != 0 || hashqueue.Work(h) != 10 {
			t.Errorf("%s: Verify = %v, %v; asked %d times, the work %d", pw, ok, must, verified.Load(), hashqueue.Work(h))
		}
	}
}

// ruinous makes new strings that cost too much.
type ruinous struct{ foreign }

func (ruinous) Cost(string) (work int, memory int64) { return password.MaxWork + 1, 0 }

func TestMustUpdate(t *testing.T) {
	short, err := password.EncodeWithSalt(cheap, "secret", "abcdefghijklmnopqrstu")
	if err != nil {
		t.Fatal(err)
	}
	lower := hash(t, hashers(t, password.Options{}), "secret")
	dear := []password.Hasher{must(password.PBKDF2SHA256(20))}
	higher := hash(t, hashers(t, password.Options{Hashers: dear}), "secret")
	for _, c := range []struct {
		name, encoded string
		hashers       []password.Hasher
		want          bool
	}{
		{"same", lower, nil, false},
		{"higher", higher, nil, true},
		{"lower", lower, dear, true},
		{"short salt", short, nil, true},
	} {
		h := hashers(t, password.Options{Hashers: c.hashers})
		if ok, must := verify(t, h, "secret", c.encoded); !ok || must != c.want {
			t.Errorf("%s: Verify = %v, %v; want true, %v", c.name, ok, must, c.want)
		}
		keep := hashers(t, password.Options{Hashers: c.hashers, NoUpgrade: true})
		if ok, must := verify(t, keep, "secret", c.encoded); !ok || must {
			t.Errorf("%s with NoUpgrade: Verify = %v, %v; want true, false", c.name, ok, must)
		}
	}
}

// TestMalformedIsLoggedWithoutTheHash: a damaged row is a wrong password to
// the visitor and a line in the log for the operator.
func TestMalformedIsLoggedWithoutTheHash(t *testing.T) {
	var log bytes.Buffer
	h := hashers(t, password.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	good := hash(t, h, "PASSWORD-SENTINEL")
	for _, encoded := range []string{
		strings.Replace(good, "$10$", "$10000001$", 1),
		strings.Replace(good, "$10$", "$-10$", 1),
		strings.Replace(good, "$10$", "$010$", 1),
		strings.Replace(good, "$10$", "$+10$", 1),
		good[:len(good)-1],
		sloppyBase64(good),
	} {
		log.Reset()
		if ok, must := verify(t, h, "PASSWORD-SENTINEL", encoded); ok || must {
			t.Errorf("Verify of %q = %v, %v", encoded, ok, must)
		}
		line := log.String()
		if !strings.Contains(line, "malformed") || !strings.Contains(line, "level=WARN") {
			t.Errorf("log %q does not say that the hash is malformed", line)
		}
		salt := strings.Split(good, "$")[2]
		if strings.Contains(line, "SENTINEL") || strings.Contains(line, salt) {
			t.Errorf("log %q shows the password or the hash", line)
		}
	}
}

// sloppyBase64 sets a bit of the last digit that stands for nothing, so that
// a lenient decoder reads the same 32 bytes.
func sloppyBase64(encoded string) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	last := len(encoded) - len("x=")
	digit := strings.IndexByte(digits, encoded[last])
	return encoded[:last] + string(digits[digit+1]) + "="
}

// slow blocks in Encode until it is released, and counts the callers
// inside.
type slow struct {
	password.Hasher
	inside, most *atomic.Int64
	release      chan struct{}
}

func (s slow) Encode(string) (string, error) {
	n := s.inside.Add(1)
	for {
		most := s.most.Load()
		if n <= most || s.most.CompareAndSwap(most, n) {
			break
		}
	}
	<-s.release
	s.inside.Add(-1)
	return "", nil
}

func TestParallelBoundsTheHashes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var inside, most atomic.Int64
		s := slow{cheap, &inside, &most, make(chan struct{})}
		h := hashers(t, password.Options{Hashers: []password.Hasher{s}, Parallel: 3})
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { _, _ = h.Hash(t.Context(), "secret") })
			wg.Go(func() { _ = h.Burn(t.Context(), "secret") })
		}
		synctest.Wait()
		if n := inside.Load(); n != 3 {
			t.Errorf("%d hashes run at once, want 3", n)
		}
		close(s.release)
		wg.Wait()
		if n := most.Load(); n != 3 {
			t.Errorf("at most %d hashes ran at once, want 3", n)
		}
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slow{cheap, new(atomic.Int64), new(atomic.Int64), make(chan struct{})}
		h := hashers(t, password.Options{Hashers: []password.Hasher{s}, Parallel: 1})
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = h.Hash(t.Context(), "secret") })
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		errs := make(chan error, 3)
		wg.Go(func() { _, err := h.Hash(ctx, "secret"); errs <- err })
		wg.Go(func() { _, _, err := h.Verify(ctx, "secret", "!"); errs <- err })
		wg.Go(func() { errs <- h.Burn(ctx, "secret") })
		synctest.Wait()
		cancel()
		for range 3 {
			if err := <-errs; !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want context.Canceled", err)
			}
		}
		close(s.release)
		wg.Wait()
	})
}

func TestBadIterationsAreAnError(t *testing.T) {
	for _, n := range []int{-1, password.MaxWork + 1} {
		for _, algorithm := range []func(int) (password.Hasher, error){password.PBKDF2SHA256, password.PBKDF2SHA1} {
			if _, err := algorithm(n); err == nil || !strings.Contains(err.Error(), "iterations") {
				t.Errorf("%d iterations: %v", n, err)
			}
		}
	}
}

// TestImpossibleOptionsAreAnError that names them.
func TestImpossibleOptionsAreAnError(t *testing.T) {
	argon2 := func(time, memory, length uint32) error {
		_, err := password.Argon2(time, memory, 0, length)
		return err
	}
	scrypt := func(n, r, p int) error { _, err := password.Scrypt(n, r, p); return err }
	made := func(o password.Options) error { _, err := password.New(&o); return err }
	bcrypt := func(n int) error { _, err := password.BCryptSHA256(n); return err }
	for _, c := range []struct {
		field string
		err   error
	}{
		{"rounds", bcrypt(3)},
		{"rounds", bcrypt(16)},
		{"rounds", bcrypt(-1)},
		{"length", argon2(0, 0, 15)},
		{"length", argon2(0, 0, 65)},
		{"memory", argon2(0, 63, 0)},
		{"memory", argon2(0, 2<<20, 0)},
		{"time", argon2(1<<31, 0, 0)},
		{" n is", scrypt(15, 0, 0)},
		{" n is", scrypt(-2, 0, 0)},
		{" n, r or p", scrypt(1<<30, 0, 0)},
		{" r is", scrypt(0, -1, 0)},
		{" p is", scrypt(0, 0, -1)},
		{"Options.Hashers[1]", made(password.Options{Hashers: []password.Hasher{cheap, nil}})},
		{"Options.Hashers[0]", made(password.Options{Hashers: []password.Hasher{ruinous{}}})},
		{"Options.Parallel", made(password.Options{Parallel: -1})},
		{"Options.Wait", made(password.Options{Wait: -1})},
		{"Options.Memory", made(password.Options{Memory: -1})},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.field) {
			t.Errorf("%s: %v", c.field, c.err)
		}
	}
}
