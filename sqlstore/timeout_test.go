package sqlstore_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/silentdb"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// TestSilentDatabaseEndsEachCall whose context never ends: a visitor's after
// five seconds, that of a console or of the start after a minute.
func TestSilentDatabaseEndsEachCall(t *testing.T) {
	rec := session.Record{Key: "0123456789abcdef0123456789abcdef", Expiry: time.Now().Add(time.Hour)}
	moved := rec
	moved.Key = "fedcba9876543210fedcba9876543210"
	type call func(context.Context, session.Store, silentdb.DB) error
	for want, calls := range map[time.Duration]map[string]call{
		5 * time.Second: {
			"Load": func(ctx context.Context, s session.Store, _ silentdb.DB) error {
				_, err := s.Load(ctx, rec.Key)
				return err
			},
			"Create": func(ctx context.Context, s session.Store, _ silentdb.DB) error { return s.Create(ctx, rec) },
			"Save":   func(ctx context.Context, s session.Store, _ silentdb.DB) error { return s.Save(ctx, rec, rec) },
			"move":   func(ctx context.Context, s session.Store, _ silentdb.DB) error { return s.Save(ctx, rec, moved) },
			"Delete": func(ctx context.Context, s session.Store, _ silentdb.DB) error { return s.Delete(ctx, rec.Key) },
		},
		time.Minute: {
			"ClearExpired": func(ctx context.Context, s session.Store, _ silentdb.DB) error {
				_, err := s.ClearExpired(ctx, time.Now())
				return err
			},
			"ClearExpiredBatch": func(ctx context.Context, _ session.Store, db silentdb.DB) error {
				_, err := sqlstore.ClearExpiredBatch(ctx, django.Database{DB: db.DB}, time.Now(), 3)
				return err
			},
			"CountExpired": func(ctx context.Context, _ session.Store, db silentdb.DB) error {
				_, err := sqlstore.CountExpired(ctx, django.Database{DB: db.DB}, time.Now())
				return err
			},
			"List": func(ctx context.Context, s session.Store, _ silentdb.DB) (err error) {
				for _, err = range session.List(ctx, s) {
				}
				return err
			},
			"New": func(ctx context.Context, _ session.Store, db silentdb.DB) error {
				_, err := sqlstore.New(ctx, django.Database{DB: db.DB}, nil)
				return err
			},
			"Plan": func(ctx context.Context, _ session.Store, db silentdb.DB) error {
				_, err := sqlstore.Plan(ctx, django.Database{DB: db.DB})
				return err
			},
		},
	} {
		for name, f := range calls {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					db := silentdb.Open(t)
					defer func() { _ = db.Close() }()
					if _, err := sqlstore.Migrate(t.Context(), django.Database{DB: db.DB}); err != nil {
						t.Fatal(err)
					}
					store, err := sqlstore.New(t.Context(), django.Database{DB: db.DB}, nil)
					if err != nil {
						t.Fatal(err)
					}
					defer func() { _ = store.Close() }()
					db.Silence(true)
					begin := time.Now()
					err = f(context.WithoutCancel(t.Context()), store, db)
					took := time.Since(begin)
					if took != want || !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("%v after %v, want an end after %v", err, took, want)
					}
				})
			})
		}
	}
}
