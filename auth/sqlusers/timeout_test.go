package sqlusers_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/silentdb"
	"github.com/jamsession/jamsession/session"
)

// TestSilentDatabaseEndsEachCall whose context never ends, after five seconds
// unless the options say otherwise, and says that nothing could be found out.
func TestSilentDatabaseEndsEachCall(t *testing.T) {
	for _, limit := range []time.Duration{0, time.Second} {
		synctest.Test(t, func(t *testing.T) {
			db := silentdb.Open(t)
			defer func() { _ = db.Close() }()
			if _, err := sqlusers.Migrate(t.Context(), django.Database{DB: db.DB}, nil); err != nil {
				t.Fatal(err)
			}
			u, err := sqlusers.New(t.Context(), django.Database{DB: db.DB}, &sqlusers.Options{Timeout: limit})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = u.Close() }()
			db.Silence(true)
			begin := time.Now()
			errs := calls(context.WithoutCancel(t.Context()), u)
			want := 5 * time.Second
			if limit > 0 {
				want = limit
			}
			took := time.Since(begin)
			if took < time.Duration(len(errs))*want || took > time.Duration(len(errs))*(want+time.Second) {
				t.Errorf("%d calls took %v, want %v each, and a second to undo", len(errs), took, want)
			}
			for name, err := range errs {
				if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, session.ErrUnavailable) {
					t.Errorf("%s: %v, want an error for want of an answer", name, err)
				}
			}
		})
	}
}

// TestContextThatEndsLaterIsLeftAlone: the caller knows how long to wait.
func TestContextThatEndsLaterIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := silentdb.Open(t)
		defer func() { _ = db.Close() }()
		if _, err := sqlusers.Migrate(t.Context(), django.Database{DB: db.DB}, nil); err != nil {
			t.Fatal(err)
		}
		u, err := sqlusers.New(t.Context(), django.Database{DB: db.DB}, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = u.Close() }()
		db.Silence(true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin := time.Now()
		_, err = u.ByID(ctx, "1")
		if took := time.Since(begin); took != time.Minute || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v after %v, want an end after a minute", err, took)
		}
	})
}
