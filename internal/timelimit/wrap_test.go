package timelimit_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jamsession/jamsession/internal/timelimit"
)

func TestWrap(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	interrupted := errors.New("interrupted (9)")
	if err := timelimit.Wrap(ctx, "load", nil); err != nil {
		t.Errorf("Wrap of nil = %v", err)
	}
	err := timelimit.Wrap(ctx, "load", interrupted)
	if err.Error() != "load: interrupted (9)" || !errors.Is(err, interrupted) {
		t.Errorf("Wrap = %v", err)
	}
	cancel()
	if err := timelimit.Wrap(ctx, "load", nil); err != nil {
		t.Errorf("Wrap of nil with a done context = %v", err)
	}
	err = timelimit.Wrap(ctx, "load", interrupted)
	if !errors.Is(err, context.Canceled) || !errors.Is(err, interrupted) {
		t.Errorf("Wrap with a done context = %v, want both", err)
	}
	err = timelimit.Wrap(ctx, "load", context.Canceled)
	if err.Error() != "load: context canceled" {
		t.Errorf("Wrap of the context's own error = %v", err)
	}
}
