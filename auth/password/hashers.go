package password

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// Options configure [Hashers].
type Options struct {
	// Hashers are the algorithms that are accepted; new strings are made with
	// the first. Empty is [Default]. (Django: PASSWORD_HASHERS.)
	Hashers []Hasher

	// NoUpgrade leaves a string that verified as it is, whatever its
	// algorithm, cost and salt. Set it where programs with other costs write
	// the same table: each login would rewrite what the other program wrote,
	// and a new string ends the user's other sessions. False is Django's
	// behaviour: mustUpdate for everything that Hash would not have made.
	NoUpgrade bool

	// Parallel is how many hashes run at once. Zero is GOMAXPROCS.
	Parallel int

	// Memory is how many bytes the hashes that run at once may take together.
	// One that needs more runs alone. Zero is 1 GiB. An Argon2 hash of
	// Django's default cost takes 100 MiB.
	Memory int64

	// Logger is told of malformed strings. Nil is slog.Default().
	Logger *slog.Logger
}

// Default returns Django's list: PBKDF2SHA256, PBKDF2SHA1, Argon2,
// BCryptSHA256 and Scrypt, each with Django 5.2's cost. Older ones, such as
// [BCrypt] and [MD5], must be listed by name.
func Default() []Hasher {
	return []Hasher{PBKDF2SHA256{}, PBKDF2SHA1{}, Argon2{}, BCryptSHA256{}, Scrypt{}}
}

// Hashers make and check the password strings of a site. They are safe for
// concurrent use.
type Hashers struct {
	list      []Hasher
	noUpgrade bool
	slots     *semaphore.Weighted // of processors
	memory    *semaphore.Weighted // of bytes
	most      int64               // bytes there are
	work      atomic.Int64
	logger    *slog.Logger
}

// New returns hashers for these options, which may be nil.
func New(o *Options) *Hashers {
	if o == nil {
		o = &Options{}
	}
	h := &Hashers{list: o.Hashers, noUpgrade: o.NoUpgrade, logger: o.Logger, most: o.Memory}
	if len(h.list) == 0 {
		h.list = Default()
	}
	if h.logger == nil {
		h.logger = slog.Default()
	}
	if h.most <= 0 {
		h.most = 1 << 30
	}
	parallel := o.Parallel
	if parallel <= 0 {
		parallel = runtime.GOMAXPROCS(0)
	}
	h.slots = semaphore.NewWeighted(int64(parallel))
	h.memory = semaphore.NewWeighted(h.most)
	return h
}

// Work returns how much work was done since New, in iterations of PBKDF2 with
// SHA-256. It is what logins cost; the work of two attempts can be compared by
// it where times cannot.
func (h *Hashers) Work() int64 { return h.work.Load() }

// Hash returns the string to store for password. Its error wraps [ErrTooLong]
// or [ErrReadOnly], or ctx.Err if ctx was done before a processor was free.
// (Django: make_password.)
func (h *Hashers) Hash(ctx context.Context, password string) (string, error) {
	if len(password) > MaxLength {
		return "", ErrTooLong
	}
	release, err := h.acquire(ctx, h.preferred().Cost(""))
	if err != nil {
		return "", err
	}
	defer release()
	encoded, err := h.preferred().Encode(password)
	if err != nil {
		return "", fmt.Errorf("password: hash: %w", err)
	}
	return encoded, nil
}

// Verify reports whether encoded was made of password. mustUpdate says that
// it was, and that the caller should replace encoded by a new [Hashers.Hash].
//
// A string that is empty, unusable, malformed or of an unknown algorithm
// matches no password, and neither does a password longer than [MaxLength].
// An error means that nothing is known: it wraps ctx.Err if ctx was done
// before a processor was free. (Django: check_password.)
func (h *Hashers) Verify(ctx context.Context, password, encoded string) (ok, mustUpdate bool, err error) {
	if len(password) > MaxLength {
		return false, false, nil
	}
	hasher := h.identify(encoded)
	if hasher == nil {
		return false, false, h.Burn(ctx, password)
	}
	ok, err = h.verify(ctx, hasher, password, encoded)
	switch {
	case errors.Is(err, ErrMalformed):
		h.logger.WarnContext(ctx, "password: stored hash is malformed; login refused",
			slog.String("algorithm", hasher.Algorithm()), slog.Any("error", err))
		return false, false, h.Burn(ctx, password)
	case err != nil:
		return false, false, err
	case !ok:
		missing := h.preferred().Cost("").Work - hasher.Cost(encoded).Work
		return false, false, h.harden(ctx, password, missing)
	}
	return true, !h.noUpgrade && h.stale(hasher, encoded), nil
}

func (h *Hashers) verify(ctx context.Context, hasher Hasher, password, encoded string) (bool, error) {
	release, err := h.acquire(ctx, hasher.Cost(encoded))
	if err != nil {
		return false, err
	}
	defer release()
	ok, err := hasher.Verify(password, encoded)
	if err != nil {
		return false, fmt.Errorf("password: verify: %w", err)
	}
	return ok, nil
}

// Burn does the work of a fresh hash and forgets the result. Call it in place
// of [Hashers.Verify] if there is no such user. Its errors are those of
// [Hashers.Verify].
func (h *Hashers) Burn(ctx context.Context, password string) error {
	if len(password) > MaxLength {
		return nil
	}
	cost := h.preferred().Cost("")
	release, err := h.acquire(ctx, cost)
	if err != nil {
		return err
	}
	defer release()
	if _, err := h.preferred().Encode(password); err == nil {
		return nil
	}
	// It refuses the password, or makes no new strings at all. A guess must
	// not see the difference.
	return iterate(password, cost.Work)
}

// harden does the work by which checking a string was cheaper than a fresh
// hash. A part of another algorithm cannot be done, so it is PBKDF2.
func (h *Hashers) harden(ctx context.Context, password string, missing int) error {
	if missing <= 0 {
		return nil
	}
	release, err := h.acquire(ctx, Cost{Work: missing})
	if err != nil {
		return err
	}
	defer release()
	return iterate(password, missing)
}

func iterate(password string, work int) error {
	if _, err := sha256Key(password, []byte("burn"), max(work, 1)); err != nil {
		return fmt.Errorf("password: burn: %w", err)
	}
	return nil
}

// acquire waits until a processor and the memory are free, and counts the
// work. A context that is done gets nothing.
func (h *Hashers) acquire(ctx context.Context, c Cost) (release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("password: %w", err)
	}
	if err := h.slots.Acquire(ctx, 1); err != nil {
		return nil, fmt.Errorf("password: no processor was free: %w", err)
	}
	memory := min(c.Memory, h.most)
	if err := h.memory.Acquire(ctx, memory); err != nil {
		h.slots.Release(1)
		return nil, fmt.Errorf("password: no memory was free: %w", err)
	}
	h.work.Add(int64(c.Work))
	return func() {
		h.memory.Release(memory)
		h.slots.Release(1)
	}, nil
}

func (h *Hashers) preferred() Hasher { return h.list[0] }

// identify returns the hasher that made encoded, or nil. The "!" of an
// unusable string is in no algorithm's name.
func (h *Hashers) identify(encoded string) Hasher {
	name := algorithm(encoded)
	for _, hasher := range h.list {
		if hasher.Algorithm() == name {
			return hasher
		}
	}
	return nil
}

// algorithm returns the name of the algorithm of a string, "" for none. Two
// forms without a salt do not begin with it.
func algorithm(encoded string) string {
	name, _, found := strings.Cut(encoded, "$")
	switch {
	case !found && len(encoded) == 32, len(encoded) == 37 && strings.HasPrefix(encoded, "md5$$"):
		return UnsaltedMD5{}.Algorithm()
	case len(encoded) == 46 && strings.HasPrefix(encoded, "sha1$$"):
		return UnsaltedSHA1{}.Algorithm()
	case !found:
		return ""
	}
	return name
}

// stale reports whether Hash would not make a string like encoded.
func (h *Hashers) stale(hasher Hasher, encoded string) bool {
	return hasher.Algorithm() != h.preferred().Algorithm() || hasher.MustUpdate(encoded)
}
