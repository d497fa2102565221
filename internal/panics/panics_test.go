package panics_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/panics"
)

// TestPanicShowsNoValue, neither in the error nor in the log, which has where
// it came from.
func TestPanicShowsNoValue(t *testing.T) {
	for name, value := range map[string]any{
		"text": "SENTINEL", "error": errors.New("SENTINEL"), "struct": struct{ Key string }{"SENTINEL"},
		"bytes": []byte("SENTINEL"),
	} {
		var log bytes.Buffer
		panics.Guard(func() { panicsWith(value) }, panics.Log(slog.New(slog.NewTextHandler(&log, nil)), "the mails"))()
		text := log.String()
		if strings.Contains(text, "SENTINEL") || strings.Contains(text, "53454e54") {
			t.Errorf("%s: the log shows the value: %s", name, text)
		}
		for _, want := range []string{"the mails", "panic: of type", "panicsWith"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the log lacks %q: %s", name, want, text)
			}
		}
	}
}

//go:noinline
func panicsWith(v any) { panic(v) }

// TestRuntimesOwnErrorIsShown, since it helps and has no value of ours.
func TestRuntimesOwnErrorIsShown(t *testing.T) {
	var none []int
	err := panics.Try(func() { _ = none[len(none)] })
	if err == nil || !strings.Contains(err.Error(), "index out of range [0] with length 0") {
		t.Errorf("error %v", err)
	}
	if err := panics.Try(func() { panic(nil) }); err == nil {
		t.Error("a panic with nil is not an error")
	}
	if err := panics.Try(func() {}); err != nil {
		t.Errorf("without a panic: %v", err)
	}
}

// TestCaughtMayPanic, as a logger of the site may.
func TestCaughtMayPanic(t *testing.T) {
	done := make(chan error, 1)
	panics.Go(func() { panic("first") }, func(err error) {
		done <- err
		panic("second")
	})
	var caught *panics.Error
	if err := <-done; !errors.As(err, &caught) || caught.Stack == "" {
		t.Errorf("error %v", err)
	}
	panics.Guard(func() { panic("first") }, func(error) { panic("second") })()
}

// TestBothRunAtOnce, and a panic of the one is its error.
func TestBothRunAtOnce(t *testing.T) {
	meet := make(chan struct{})
	wrong := errors.New("wrong")
	f, g := panics.Both(func() error {
		meet <- struct{}{}
		panic("SENTINEL")
	}, func() error {
		<-meet
		return wrong
	})
	var caught *panics.Error
	if !errors.As(f, &caught) || !errors.Is(g, wrong) {
		t.Errorf("%v and %v", f, g)
	}
}
