package password

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
)

// Options configure [Hashers].
type Options struct {
	// Hashers are the algorithms that are accepted; new strings are made with
	// the first. Empty is PBKDF2SHA256{}. (Django: PASSWORD_HASHERS.)
	Hashers []Hasher

	// NoUpgrade leaves a string that verified as it is, whatever its
	// algorithm, cost and salt. Set it where programs with other costs write
	// the same table: each login would rewrite what the other program wrote,
	// and a new string ends the user's other sessions. False is Django's
	// behaviour: mustUpdate for everything that Hash would not have made.
	NoUpgrade bool

	// Parallel is how many hashes run at once. Zero is GOMAXPROCS.
	Parallel int

	// Logger is told of malformed strings. Nil is slog.Default().
	Logger *slog.Logger
}

// Hashers make and check the password strings of a site. They are safe for
// concurrent use.
type Hashers struct {
	list      []Hasher
	noUpgrade bool
	slots     chan struct{} // holds one token for each running hash
	logger    *slog.Logger
}

// New returns hashers for these options, which may be nil.
func New(o *Options) *Hashers {
	if o == nil {
		o = &Options{}
	}
	h := &Hashers{list: o.Hashers, noUpgrade: o.NoUpgrade, logger: o.Logger}
	if len(h.list) == 0 {
		h.list = []Hasher{PBKDF2SHA256{}}
	}
	if h.logger == nil {
		h.logger = slog.Default()
	}
	parallel := o.Parallel
	if parallel <= 0 {
		parallel = runtime.GOMAXPROCS(0)
	}
	h.slots = make(chan struct{}, parallel)
	return h
}

// Hash returns the string to store for password. Its error is [ErrTooLong],
// or wraps ctx.Err if ctx was done before a processor was free.
// (Django: make_password.)
func (h *Hashers) Hash(ctx context.Context, password string) (string, error) {
	if len(password) > MaxLength {
		return "", ErrTooLong
	}
	if err := h.acquire(ctx); err != nil {
		return "", err
	}
	defer h.release()
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
	if err := h.acquire(ctx); err != nil {
		return false, false, err
	}
	defer h.release()
	hasher := h.identify(encoded)
	if hasher == nil {
		return false, false, h.burn(password)
	}
	ok, err = hasher.Verify(password, encoded)
	switch {
	case errors.Is(err, ErrMalformed):
		h.logger.WarnContext(ctx, "password: stored hash is malformed; login refused",
			slog.String("algorithm", hasher.Algorithm()), slog.Any("error", err))
		return false, false, h.burn(password)
	case err != nil:
		return false, false, fmt.Errorf("password: verify: %w", err)
	case !ok:
		return false, false, h.harden(hasher, password, encoded)
	}
	return true, !h.noUpgrade && h.stale(hasher, encoded), nil
}

// Burn does the work of a fresh hash and forgets the result. Call it in place
// of [Hashers.Verify] if there is no such user. Its errors are those of
// [Hashers.Verify].
func (h *Hashers) Burn(ctx context.Context, password string) error {
	if len(password) > MaxLength {
		return nil
	}
	if err := h.acquire(ctx); err != nil {
		return err
	}
	defer h.release()
	return h.burn(password)
}

// acquire waits for a free slot. A context that is done gets none.
func (h *Hashers) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("password: %w", err)
	}
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("password: no processor was free: %w", ctx.Err())
	}
}

func (h *Hashers) release() { <-h.slots }

func (h *Hashers) preferred() Hasher { return h.list[0] }

// identify returns the hasher that made encoded, or nil. The "!" of an
// unusable string is in no algorithm's name.
func (h *Hashers) identify(encoded string) Hasher {
	algorithm, _, found := strings.Cut(encoded, "$")
	if !found {
		return nil
	}
	for _, hasher := range h.list {
		if hasher.Algorithm() == algorithm {
			return hasher
		}
	}
	return nil
}

// stale reports whether Hash would not make a string like encoded.
func (h *Hashers) stale(hasher Hasher, encoded string) bool {
	return hasher.Algorithm() != h.preferred().Algorithm() || hasher.MustUpdate(encoded)
}

// harden evens out the work for a wrong password. The cost of two algorithms
// cannot be compared, so a foreign one costs a fresh hash more: a cheap one
// must not tell who has it.
func (h *Hashers) harden(hasher Hasher, password, encoded string) error {
	if hasher.Algorithm() != h.preferred().Algorithm() {
		return h.burn(password)
	}
	if err := hasher.Harden(password, encoded); err != nil {
		return fmt.Errorf("password: harden: %w", err)
	}
	return nil
}

func (h *Hashers) burn(password string) error {
	if _, err := h.preferred().Encode(password); err != nil {
		return fmt.Errorf("password: burn: %w", err)
	}
	return nil
}
