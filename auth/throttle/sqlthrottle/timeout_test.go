package sqlthrottle_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/auth/throttle/sqlthrottle"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/silentdb"
)

// TestSilentDatabaseEndsEachCall whose context never ends: an attempt after
// five seconds, clearing after a minute.
func TestSilentDatabaseEndsEachCall(t *testing.T) {
	limit := throttle.Limit{Burst: 1, Every: time.Minute}
	for name, c := range map[string]struct {
		want time.Duration
		call func(context.Context, throttle.Store) error
	}{
		"Take": {5 * time.Second, func(ctx context.Context, s throttle.Store) error {
			_, err := s.Take(ctx, "key", limit, time.Now())
			return err
		}},
		"Give": {5 * time.Second, func(ctx context.Context, s throttle.Store) error {
			return s.Give(ctx, "key", limit)
		}},
		"FullAt": {5 * time.Second, func(ctx context.Context, s throttle.Store) error {
			_, err := s.(throttle.Ledger).FullAt(ctx, "key")
			return err
		}},
		"Fill": {5 * time.Second, func(ctx context.Context, s throttle.Store) error {
			return s.(throttle.Ledger).Fill(ctx, "key")
		}},
		"ClearExpired": {time.Minute, func(ctx context.Context, s throttle.Store) error {
			_, err := sqlthrottle.ClearExpired(ctx, s, time.Now())
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := silentdb.Open(t)
				defer func() { _ = db.Close() }()
				if _, err := sqlthrottle.Migrate(t.Context(), django.Database{DB: db.DB}); err != nil {
					t.Fatal(err)
				}
				s, err := sqlthrottle.New(t.Context(), django.Database{DB: db.DB}, nil)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = s.Close() }()
				db.Silence(true)
				begin := time.Now()
				err = c.call(context.WithoutCancel(t.Context()), s)
				if took := time.Since(begin); took != c.want || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%v after %v, want an end after %v", err, took, c.want)
				}
			})
		})
	}
}
