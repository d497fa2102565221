package contest

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// A Bed is what contenders stand on: it starts the servers of package
// servertest outside of a test, and stops all it started in Close. What would
// fail or skip a test panics with a [Failure].
type Bed struct {
	testing.TB // only what is overridden here works

	ctx     context.Context
	cancel  context.CancelFunc
	cleanup []func()
}

// A Failure is what a test would have failed or been skipped with.
type Failure string

// Error returns the reason.
func (f Failure) Error() string { return string(f) }

// NewBed returns a bed that must be closed.
func NewBed() *Bed {
	ctx, cancel := context.WithCancel(context.Background())
	return &Bed{ctx: ctx, cancel: cancel}
}

// Close undoes what was prepared, the last first.
func (b *Bed) Close() {
	b.cancel()
	for len(b.cleanup) > 0 {
		last := len(b.cleanup) - 1
		f := b.cleanup[last]
		b.cleanup = b.cleanup[:last]
		f()
	}
}

// Try runs f and returns what it failed with, or nil.
func (b *Bed) Try(f func()) (err error) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case Failure:
			err = v
		default:
			panic(v)
		}
	}()
	f()
	return nil
}

// Helper implements [testing.TB].
func (b *Bed) Helper() {}

// Name implements [testing.TB].
func (b *Bed) Name() string { return "bench" }

// Context implements [testing.TB].
func (b *Bed) Context() context.Context { return b.ctx }

// Cleanup implements [testing.TB].
func (b *Bed) Cleanup(f func()) { b.cleanup = append(b.cleanup, f) }

// TempDir implements [testing.TB].
func (b *Bed) TempDir() string {
	dir, err := os.MkdirTemp("", "jambench")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// Log implements [testing.TB].
func (b *Bed) Log(args ...any) { _, _ = fmt.Fprintln(os.Stderr, args...) }

// Logf implements [testing.TB].
func (b *Bed) Logf(format string, args ...any) { b.Log(fmt.Sprintf(format, args...)) }

// Fatal implements [testing.TB].
func (b *Bed) Fatal(args ...any) { panic(Failure(fmt.Sprint(args...))) }

// Fatalf implements [testing.TB].
func (b *Bed) Fatalf(format string, args ...any) { panic(Failure(fmt.Sprintf(format, args...))) }

// Skipf implements [testing.TB].
func (b *Bed) Skipf(format string, args ...any) { b.Fatalf(format, args...) }
