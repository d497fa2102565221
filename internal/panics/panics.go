// Package panics keeps a panic in a goroutine of this module from ending the
// program.
//
// net/http recovers panics in the goroutines of requests. In any other, a panic
// of a site's callback or of a driver would end the program, and with it every
// visitor's request. A test of package deptest lets no other package start a
// goroutine by a go statement.
package panics

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
)

// An Error is a panic that was recovered. Its text does not have the value,
// which may be a secret or have one inside.
type Error struct {
	text  string
	Stack string // of the goroutine when it panicked
}

// Error says of what type the value was, or what the runtime did not like.
func (e *Error) Error() string { return "panic: " + e.text }

// Try calls f, and returns its panic as an [*Error].
func Try(f func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Error{text: describe(v), Stack: string(debug.Stack())}
		}
	}()
	f()
	return nil
}

// describe returns what may be shown of a value. The runtime's own errors have
// indexes and names of types.
func describe(v any) string {
	if err, ok := v.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("of type %T", v)
}

// Guard returns f as a function that does not panic: caught gets an [*Error]
// instead, for those who wait for f or for the log.
func Guard(f func(), caught func(error)) func() {
	return func() {
		if err := Try(f); err != nil {
			_ = Try(func() { caught(err) })
		}
	}
}

// Go runs f in a goroutine of its own, as by [Guard].
func Go(f func(), caught func(error)) { go Guard(f, caught)() }

// Both runs f in a goroutine of its own while it runs g, and returns the error of each when
// both have returned. A panic of f is its error.
func Both(f, g func() error) (fErr, gErr error) {
	done := make(chan error, 1)
	Go(func() { done <- f() }, func(err error) { done <- err })
	gErr = g()
	return <-done, gErr
}

// Log returns what writes a panic to the log, with its stack. Doing says what
// was going on: "reset: the mails".
func Log(logger *slog.Logger, doing string) func(error) {
	return func(err error) {
		args := []any{slog.Any("error", err)}
		var e *Error
		if errors.As(err, &e) {
			args = append(args, slog.String("stack", e.Stack))
		}
		logger.Error(doing, args...)
	}
}
