package throttle

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/internal/gcra"
	"github.com/jamsession/jamsession/internal/timelimit"
)

const maxSkew = time.Duration(gcra.MaxSkew) * time.Microsecond

// A Limiter is what [New] returns: an [auth.SourceLimiter] that is also an
// [auth.Lifter], and whose limits can be looked at and lifted. It is safe for
// concurrent use.
type Limiter interface {
	auth.SourceLimiter
	auth.Lifter

	// Limits returns what is left of the limits of a subject. Those of known
	// devices are not among them: nobody knows which devices there are. The
	// error wraps errors.ErrUnsupported if the store is not a [Ledger].
	Limits(ctx context.Context, of Subject) ([]Status, error)

	// Lift lifts the limits of a subject, for an administrator who knows who
	// asks for it: attempts count as if there had been none before. Lifting
	// those of a name includes all devices on which its user is known. A
	// process that has found a source without attempts refuses it for one more
	// Every of Options.PerSource at most, unless it lifts the limit itself. The
	// error wraps errors.ErrUnsupported if the store is not a [Ledger].
	Lift(ctx context.Context, of Subject) error
}

// A Subject is whose attempts are counted. The fields that are zero do not
// count.
type Subject struct {
	Name   string     // a username, or an address of mails, in any spelling
	Source netip.Addr // the address of a visitor, or of any other in the same network
}

// A Status is what is left of one limit.
type Status struct {
	Purpose string        // Options.Purpose of the limiter
	Bucket  string        // as in Options.OnLimited; for mails "mailbox" or "device mailbox"
	Limit   Limit         // of the options
	Left    int           // attempts that would pass now
	Wait    time.Duration // until the next attempt would pass; zero if there are any
	Full    time.Duration // until the bucket is full; zero if it is
}

// A place is one bucket of a subject.
type place struct {
	by    bucketKind
	of    string
	limit Limit
	name  string // in a Status
	usual bool   // shown even if it is full
}

// places returns the buckets of a subject.
func (l *limiter) places(of Subject) []place {
	var all []place
	if of.Name != "" {
		name := account(of.Name)
		all = append(
			all, place{bucketAccount, name, l.opts.PerAccount, "account", true},
			place{bucketMailbox, name, l.opts.PerAccount, "mailbox", false},
			place{bucketMailbox, name + knownMailbox, l.opts.PerAccount, "device mailbox", false},
		)
	}
	if of.Source.IsValid() {
		source := network(of.Source.WithZone("").Unmap()).String()
		all = append(
			all, place{bucketSource, source, l.opts.PerSource, "source", true},
			place{bucketDeviceSource, source, l.opts.PerSource, "device source", false},
		)
	}
	return all
}

// Limits implements [Limiter].
func (l *limiter) Limits(ctx context.Context, of Subject) ([]Status, error) {
	ledger, ok := l.store.(Ledger)
	if !ok {
		return nil, fmt.Errorf("throttle: Limits: the store is not a Ledger: %w", errors.ErrUnsupported)
	}
	var all []Status
	for _, p := range l.places(of) {
		full, err := l.fullAt(ctx, ledger, p)
		if err != nil {
			return nil, fmt.Errorf("throttle: Limits: %w", err)
		}
		if status := l.status(p, full); p.usual || status.Full > 0 {
			all = append(all, status)
		}
	}
	return all, nil
}

func (l *limiter) fullAt(ctx context.Context, ledger Ledger, p place) (time.Time, error) {
	ctx, cancel := timelimit.Within(ctx, l.opts.Timeout)
	defer cancel()
	return ledger.FullAt(ctx, l.bucketKey(p.by, p.of))
}

// status reads a bucket that will be full at this instant.
func (l *limiter) status(p place, full time.Time) Status {
	s := Status{Purpose: l.opts.Purpose, Bucket: p.name, Limit: p.limit, Left: p.limit.Burst}
	now, every := l.now().UnixMicro(), p.limit.Every.Microseconds()
	depth := every * int64(p.limit.Burst)
	at := full.UnixMicro()
	if full.IsZero() || at <= now {
		return s
	}
	next, wait := gcra.Take(at, now, every, depth)
	if wait == 0 {
		next -= every
	}
	s.Left = int((depth - (next - now)) / every)
	s.Left = max(s.Left, 0)
	s.Wait = time.Duration(wait) * time.Microsecond
	s.Full = time.Duration(next-now) * time.Microsecond
	return s
}

// Lift implements [Limiter].
func (l *limiter) Lift(ctx context.Context, of Subject) error {
	ledger, ok := l.store.(Ledger)
	if !ok {
		return fmt.Errorf("throttle: Lift: the store is not a Ledger: %w", errors.ErrUnsupported)
	}
	ctx, cancel := timelimit.Within(ctx, l.opts.Timeout)
	defer cancel()
	for _, p := range l.places(of) {
		key := l.bucketKey(p.by, p.of)
		if err := ledger.Fill(ctx, key); err != nil {
			return fmt.Errorf("throttle: Lift: %w", err)
		}
		l.exhausted.forget(key)
	}
	if of.Name == "" {
		return nil
	}
	if err := l.setMark(ctx, ledger, markLift, account(of.Name), nil); err != nil {
		return fmt.Errorf("throttle: Lift: %w", err)
	}
	return nil
}
