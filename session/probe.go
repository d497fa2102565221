package session

import (
	"context"
	"errors"
	"time"
)

// An Op is a kind of work that a [Probe] is told of. Its String, such as "session.load", is fit
// for the name of a span.
type Op int

// The kinds of work. Those of stores are told by this package, the others by packages auth and
// auth/password.
const (
	OpLoad     Op = iota // the store is asked for a record
	OpCreate             // the store is to keep a new record
	OpSave               // the store is to replace a record
	OpDelete             // the store is to delete a record
	OpClear              // the store is to remove what has expired
	OpLogin              // auth.Manager.Authenticate
	OpLimit              // a limiter is asked whether an attempt may go on
	OpHashWait           // a hash waits for a processor
	OpHash               // a password is hashed

	opEnd
)

var opNames = [opEnd]string{
	"session.load", "session.create", "session.save", "session.delete", "session.clear",
	"auth.login", "auth.limit", "password.wait", "password.hash",
}

// String returns the name, and "unknown" for a value that is not one of the constants.
func (op Op) String() string {
	if op < 0 || op >= opEnd {
		return "unknown"
	}
	return opNames[op]
}

// Work is a piece of work that is done. It holds neither a key nor anything that a visitor
// has typed, and nor does its Err.
type Work struct {
	Op   Op
	Took time.Duration

	// Err is what came of it. The packages tell more by some errors than that they failed:
	// [ErrNotFound] and [ErrConflict] of stores, auth.ErrNoMatch of a login.
	Err error

	N int // OpClear: how many records were removed
}

// A Probe is told of work, for measurements and for traces. It must be safe for concurrent
// use, and must not block. Packages metrics and otel have one.
type Probe interface {
	// Begin returns the context in which the work is done: ctx itself, or one that descends
	// from it.
	Begin(ctx context.Context, op Op) context.Context

	// End is called when it is done, with the context that Begin has returned.
	End(ctx context.Context, done Work)
}

// Measure does a piece of work and tells the probe, which may be nil; also of work that panics.
// It returns the error of the work. It is for packages that have an option of this type.
func Measure(ctx context.Context, p Probe, op Op, work func(ctx context.Context) error) (err error) {
	if p == nil {
		return work(ctx)
	}
	ctx = p.Begin(ctx, op)
	began := now()
	err = errPanicked
	defer func() { p.End(ctx, Work{Op: op, Took: now() - began, Err: err}) }()
	err = work(ctx)
	return err
}

// errPanicked is what came of work that did not return.
var errPanicked = errors.New("session: panicked")

// now reads the monotonic clock only, which takes half the time of time.Now.
func now() time.Duration { return time.Since(start) }

var start = time.Now()
