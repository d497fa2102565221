package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/sessionmodel"
	"github.com/jamsession/jamsession/site"
)

func TestStoppedClearsessionsSaysHowManyWereRemoved(t *testing.T) {
	std := migrated(t)
	ctx, cancel := context.WithCancel(t.Context())
	a := &app{ctx, std, new(globals)}
	err := a.withSessions(func(site *site.Site) error {
		if err := addExpired(site, 50); err != nil {
			t.Fatal(err)
		}
		command := &clearCommand{BatchSize: 10}
		model := noerror.In(sessionmodel.Open(t.Context(), noerror.In(djangodb.New(site.Database)), ""))
		err := command.clear(a, model, time.Now(), func(n int) {
			if n == 20 {
				cancel()
			}
		})
		left, countErr := model.CountExpired(t.Context(), time.Now())
		if left != 30 || countErr != nil {
			t.Errorf("%d are left, error %v", left, countErr)
		}
		return err
	})
	if status := report(std.err, err); status != 1 {
		t.Errorf("status %d", status)
	}
	const want = "jamsession: stopped: 20 expired sessions removed until then\n"
	if got := std.err.(*bytes.Buffer).String(); got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

// TestCommandsStopWhileTheyReadInput: a read of a pipe cannot be interrupted,
// but the program need not wait for it.
func TestCommandsStopWhileTheyReadInput(t *testing.T) {
	std := migrated(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if status := run(ctx, []string{"decode"}, std); status != 1 {
		t.Errorf("decode: status %d", status)
	}
	if got := std.err.(*bytes.Buffer).String(); got != "jamsession: stopped\n" {
		t.Errorf("decode: printed %q", got)
	}
	a := &app{ctx, std, new(globals)}
	if _, err := a.readPassword(); !errors.Is(err, context.Canceled) {
		t.Errorf("password: %v", err)
	}
}

// TestStoppedCountIsExact: a batch that runs when the signal comes is counted.
func TestStoppedCountIsExact(t *testing.T) {
	std := migrated(t)
	a := &app{t.Context(), std, new(globals)}
	err := a.withSessions(func(site *site.Site) error {
		const rounds, rows = 40, 52
		if err := addExpired(site, rounds*rows); err != nil {
			return err
		}
		left := rounds * rows
		model := noerror.In(sessionmodel.Open(t.Context(), noerror.In(djangodb.New(site.Database)), ""))
		for range rounds {
			ctx, cancel := context.WithCancel(t.Context())
			command := &clearCommand{BatchSize: 2}
			n, _ := command.batches(&app{ctx, std, new(globals)}, model, time.Now(), func(n int) {
				if n == rows/2 {
					go cancel()
				}
				if n >= rows {
					cancel()
				}
			})
			cancel()
			now, err := model.CountExpired(t.Context(), time.Now())
			if err != nil {
				return err
			}
			if left-n != now {
				t.Fatalf("says that %d of %d were removed, and %d are left", n, left, now)
			}
			left = now
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestStoppedDeletionSaysHowFarItCame, and deletes no more.
func TestStoppedDeletionSaysHowFarItCame(t *testing.T) {
	std := migrated(t)
	ctx, cancel := context.WithCancel(t.Context())
	a := &app{t.Context(), std, new(globals)}
	err := a.withSessions(func(site *site.Site) error {
		if err := addExpired(site, 3); err != nil {
			return err
		}
		cancel()
		return deleteSessions(&app{ctx, std, new(globals)}, site, []string{fmt.Sprintf("expired%025d", 0)})
	})
	if err == nil || err.Error() != "stopped: 0 sessions deleted until then" {
		t.Errorf("error %v", err)
	}
}
