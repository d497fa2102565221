package password

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jamsession/jamsession/internal/hashqueue"
	"github.com/jamsession/jamsession/session"
)

// Options configure [Hashers].
type Options struct {
	// Hashers are the algorithms that are accepted; new strings are made with
	// the first. Empty is [Default]. (Django: PASSWORD_HASHERS.)
	Hashers []Hasher

	// NoUpgrade leaves a valid string as it is, whatever its algorithm, cost
	// and salt. Set it where programs with other costs write the same table:
	// each login would replace the other program's string, and a new string
	// ends the user's other sessions. False is Django's behaviour: Verify
	// reports mustUpdate for every string that Hash would not have made.
	NoUpgrade bool

	// Parallel is how many hashes run at once. Zero is GOMAXPROCS.
	Parallel int

	// Queue is how many calls may wait for a hash; the next one is refused at
	// once, with [ErrBusy]. Zero is four times Parallel. With a negative Queue
	// none may wait.
	Queue int

	// Wait is how long a call may wait for a hash before it is refused with
	// [ErrBusy]. Zero is 1 second.
	Wait time.Duration

	// Memory is how many bytes the hashes that run at once may take together.
	// A hash that needs more runs alone. Zero is 1 GiB. An Argon2 hash of
	// Django's default cost takes 100 MiB.
	Memory int64

	// Probe is told how long each call waits for a processor, and how long each hash takes. Nil
	// is told nothing.
	Probe session.Probe

	// Logger is told of malformed strings, and of visitors who were refused
	// because too many wait: at most once in ten seconds. Nil is
	// slog.Default().
	Logger *slog.Logger
}

// Default returns Django's list: [PBKDF2SHA256], [PBKDF2SHA1], [Argon2],
// [BCryptSHA256] and [Scrypt], each with Django 5.2's cost. [BCrypt] and the
// hashers of package legacy must be added to it.
func Default() []Hasher {
	var list []Hasher
	add := func(h Hasher, err error) {
		if err != nil {
			panic(err) // never: each takes its own default
		}
		list = append(list, h)
	}
	add(PBKDF2SHA256(0))
	add(PBKDF2SHA1(0))
	add(Argon2(0, 0, 0, 0))
	add(BCryptSHA256(0))
	add(Scrypt(0, 0, 0))
	return list
}

// Hashers make and check the password strings of a site. They are safe for
// concurrent use.
type Hashers struct {
	list      []Hasher
	noUpgrade bool
	queue     *queue
	probe     session.Probe
	logger    *slog.Logger
	complaint complaint
}

// New returns hashers for these options, which may be nil. The error names the
// option that is invalid; with nil there is none.
func New(o *Options) (*Hashers, error) {
	if o == nil {
		o = &Options{}
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	h := &Hashers{list: o.Hashers, noUpgrade: o.NoUpgrade, queue: o.queue(), probe: o.Probe, logger: o.Logger}
	if len(h.list) == 0 {
		h.list = Default()
	}
	if h.logger == nil {
		h.logger = slog.Default()
	}
	return h, nil
}

func (o *Options) check() error {
	for i, h := range o.Hashers {
		if h == nil {
			return fmt.Errorf("password: Options.Hashers[%d] is nil", i)
		}
		if err := costOf(h, "").check(); err != nil {
			return fmt.Errorf("password: Options.Hashers[%d]: %w", i, err)
		}
	}
	switch {
	case o.Parallel < 0:
		return fmt.Errorf("password: Options.Parallel is %d; it cannot be negative", o.Parallel)
	case o.Wait < 0:
		return fmt.Errorf("password: Options.Wait is %v; it cannot be negative", o.Wait)
	case o.Memory < 0:
		return fmt.Errorf("password: Options.Memory is %d; it cannot be negative", o.Memory)
	}
	return nil
}

func (o *Options) queue() *queue {
	parallel := cmp.Or(o.Parallel, runtime.GOMAXPROCS(0))
	room := cmp.Or(o.Queue, 4*parallel)
	return newQueue(parallel, room, cmp.Or(o.Wait, time.Second), cmp.Or(o.Memory, 1<<30))
}

// Packages of this module count the work by this function.
func init() {
	hashqueue.Work = func(hashers any) int64 { return hashers.(*Hashers).queue.work.Load() }
}

// Hash returns the string to store for password. Its error wraps [ErrTooLong]
// or [ErrReadOnly], or is [ErrBusy] if too many calls wait, or if ctx was done
// before a processor was free; then it wraps ctx.Err, too. (Django:
// make_password.)
func (h *Hashers) Hash(ctx context.Context, password string) (string, error) {
	if len(password) > maxLength {
		return "", ErrTooLong
	}
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	var encoded string
	err = h.run(ctx, costOf(h.preferred(), ""), func() (err error) {
		encoded, err = h.preferred().Encode(password)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("password: hash: %w", err)
	}
	return encoded, nil
}

// Verify reports whether encoded was made from password. If it was, mustUpdate
// reports whether the caller should replace encoded by a new [Hashers.Hash].
//
// A string that is empty, unusable, malformed or of an unknown algorithm
// matches no password, and a password longer than 4096 bytes matches no string.
// With an error it is unknown whether the password matches. It is [ErrBusy] if
// too many calls wait, or if ctx was done before a processor was free; then it
// wraps ctx.Err, too. (Django: check_password.)
func (h *Hashers) Verify(ctx context.Context, password, encoded string) (ok, mustUpdate bool, err error) {
	if len(password) > maxLength {
		return false, false, nil
	}
	hasher := h.identify(encoded)
	if hasher == nil {
		return false, false, h.Burn(ctx, password)
	}
	leave, err := h.enter(ctx) // once for both hashes
	if err != nil {
		return false, false, err
	}
	defer leave()
	ok, err = h.verify(ctx, hasher, password, encoded)
	switch {
	case errors.Is(err, ErrMalformed):
		h.logger.WarnContext(ctx, "password: stored hash is malformed; login refused",
			slog.String("algorithm", hasher.Algorithm()), slog.Any("error", err))
		return false, false, h.burn(ctx, password)
	case err != nil:
		return false, false, err
	case !ok:
		missing := costOf(h.preferred(), "").work - costOf(hasher, encoded).work
		return false, false, h.harden(ctx, password, missing)
	}
	return true, !h.noUpgrade && h.stale(hasher, encoded), nil
}

func (h *Hashers) verify(ctx context.Context, hasher Hasher, password, encoded string) (ok bool, err error) {
	c := costOf(hasher, encoded)
	if err := c.check(); err != nil {
		return false, err
	}
	err = h.run(ctx, c, func() (err error) {
		ok, err = hasher.Verify(password, encoded)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("password: verify: %w", err)
	}
	return ok, nil
}

// Burn does the work of a fresh hash and discards the result. Call it in place
// of [Hashers.Verify] if the user does not exist. Its errors are those of
// [Hashers.Verify].
func (h *Hashers) Burn(ctx context.Context, password string) error {
	if len(password) > maxLength {
		return nil
	}
	leave, err := h.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return h.burn(ctx, password)
}

func (h *Hashers) burn(ctx context.Context, password string) error {
	c := costOf(h.preferred(), "")
	return h.run(ctx, c, func() error {
		if _, err := h.preferred().Encode(password); err == nil {
			return nil
		}
		// The hasher refuses the password, or makes no new strings at all.
		// Whoever guesses must not notice.
		return iterate(password, c.work)
	})
}

// harden does the work by which checking a string was cheaper than a fresh
// hash. Part of another algorithm cannot be run, so it uses PBKDF2.
func (h *Hashers) harden(ctx context.Context, password string, missing int) error {
	if missing <= 0 {
		return nil
	}
	return h.run(ctx, cost{work: missing}, func() error { return iterate(password, missing) })
}

func iterate(password string, work int) error {
	if _, err := sha256Key(password, []byte("burn"), max(work, 1)); err != nil {
		return fmt.Errorf("password: burn: %w", err)
	}
	return nil
}

// enter waits for a processor. It logs a refusal, unless the visitor has gone.
func (h *Hashers) enter(ctx context.Context) (leave func(), err error) {
	told := false
	defer func() {
		if leave != nil && !told { // the probe panics, and nobody else would leave
			leave()
		}
	}()
	err = session.Measure(ctx, h.probe, session.OpHashWait, func(ctx context.Context) (err error) {
		leave, err = h.queue.enter(ctx, hashqueue.Admitted(ctx, h))
		return err
	})
	told = true
	if err != nil && ctx.Err() == nil && h.complaint.due(time.Now()) {
		h.logger.WarnContext(ctx, "password: too many calls wait for a hash; logins are refused with 503")
	}
	return leave, err
}

// run runs a hash that has entered.
func (h *Hashers) run(ctx context.Context, c cost, hash func() error) error {
	return session.Measure(ctx, h.probe, session.OpHash, func(ctx context.Context) error {
		return h.queue.run(ctx, c, hash)
	})
}

// A complaint is logged at most once in ten seconds, so that a log line does
// not cost more than the refusal.
type complaint struct{ last atomic.Int64 } // in seconds

func (c *complaint) due(now time.Time) bool {
	last := c.last.Load()
	return now.Unix()-last >= 10 && c.last.CompareAndSwap(last, now.Unix())
}

func (h *Hashers) preferred() Hasher { return h.list[0] }

// identify returns the hasher that made encoded, or nil. No algorithm's
// name contains the "!" of an unusable string.
func (h *Hashers) identify(encoded string) Hasher {
	name := algorithm(encoded)
	for _, hasher := range h.list {
		if hasher.Algorithm() == name {
			return hasher
		}
	}
	return nil
}

// algorithm returns the name of the algorithm of a string, or "". Two forms
// without a salt do not begin with it.
func algorithm(encoded string) string {
	name, _, found := strings.Cut(encoded, "$")
	switch {
	case !found && len(encoded) == 32, len(encoded) == 37 && strings.HasPrefix(encoded, "md5$$"):
		return "unsalted_md5"
	case len(encoded) == 46 && strings.HasPrefix(encoded, "sha1$$"):
		return "unsalted_sha1"
	case !found:
		return ""
	}
	return name
}

// stale reports whether Hash would not make a string like encoded.
func (h *Hashers) stale(hasher Hasher, encoded string) bool {
	return hasher.Algorithm() != h.preferred().Algorithm() || hasher.MustUpdate(encoded)
}
