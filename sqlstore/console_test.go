package sqlstore_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

func TestClearExpiredInBatches(t *testing.T) {
	store, db := open(t, tempFile(t), sqlstore.Options{ClearBatch: 3})
	now := time.Date(2230, 1, 2, 3, 4, 5, 0, time.UTC)
	for i := range 10 {
		create(t, store, record(i, now.Add(time.Duration(-i)*time.Second)))
	}
	for i := range 5 {
		create(t, store, record(100+i, now.Add(time.Microsecond)))
	}
	if n, err := sqlstore.CountExpired(t.Context(), django.Database{DB: db}, now); n != 10 || err != nil {
		t.Fatalf("CountExpired = %d, %v; want 10", n, err)
	}
	if n, err := sqlstore.ClearExpiredBatch(t.Context(), django.Database{DB: db}, now, 3); n != 3 || err != nil {
		t.Fatalf("ClearExpiredBatch = %d, %v; want 3", n, err)
	}
	var oldest string
	if err := db.QueryRow("SELECT min(expire_date) || '' FROM django_session").Scan(&oldest); err != nil {
		t.Fatal(err)
	}
	if want := "2230-01-02 03:03:59"; oldest != want {
		t.Errorf("after a batch the oldest is %s, want %s", oldest, want)
	}
	if n, err := store.ClearExpired(t.Context(), now); n != 7 || err != nil {
		t.Errorf("ClearExpired = %d, %v; want 7", n, err)
	}
	if n, err := store.ClearExpired(t.Context(), now); n != 0 || err != nil {
		t.Errorf("ClearExpired again = %d, %v; want 0", n, err)
	}
	live := 0
	for _, err := range session.List(t.Context(), store) {
		if err != nil {
			t.Fatal(err)
		}
		live++
	}
	if live != 5 {
		t.Errorf("%d live sessions are left, want 5", live)
	}
}

// TestClearExpiredStops with ctx, between batches, and says how far it came.
func TestClearExpiredStops(t *testing.T) {
	store, db := open(t, tempFile(t), sqlstore.Options{ClearBatch: 2})
	now := time.Now()
	for i := range 7 {
		create(t, store, record(i, now.Add(-time.Hour)))
	}
	_, err := db.Exec(`CREATE TRIGGER stop BEFORE DELETE ON django_session
		WHEN (SELECT count(*) FROM django_session) <= 3 BEGIN SELECT RAISE(ABORT, 'stop here'); END`)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := store.ClearExpired(t.Context(), now); n != 4 || err == nil {
		t.Errorf("ClearExpired = %d, %v; want 4 and an error", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := store.ClearExpired(ctx, now); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("ClearExpired = %d, %v; want 0, context.Canceled", n, err)
	}
}

// TestClearExpiredSparesTheLiving: a session that is saved while the old ones
// are deleted stays.
func TestClearExpiredSparesTheLiving(t *testing.T) {
	path := tempFile(t)
	store, _ := open(t, path, sqlstore.Options{})
	sweeper, _ := open(t, path, sqlstore.Options{ClearBatch: 1})
	rec := record(1, time.Now().Add(time.Hour))
	create(t, store, rec)
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				if _, err := sweeper.ClearExpired(t.Context(), time.Now()); err != nil {
					t.Errorf("ClearExpired: %v", err)
				}
			}
		}
	})
	for i := range 100 {
		create(t, store, record(1000+i, time.Now().Add(-time.Hour)))
		next := rec
		next.Expiry = rec.Expiry.Add(time.Minute)
		if err := store.Save(t.Context(), rec, next); err != nil {
			t.Fatalf("Save: %v", err)
		}
		rec = next
	}
	close(done)
	wg.Wait()
}

// TestListPages: more than a page, and a loop that writes to the same pool.
func TestListPages(t *testing.T) {
	db := pool(t, tempFile(t), writerDSN, 1)
	if _, err := sqlstore.Migrate(t.Context(), django.Database{DB: db}); err != nil {
		t.Fatal(err)
	}
	store, err := sqlstore.New(t.Context(), django.Database{DB: db}, nil)
	if err != nil {
		t.Fatal(err)
	}
	const total = 1203
	for i := range total {
		create(t, store, record(i, time.Now().Add(time.Hour)))
	}
	if _, err := db.Exec("INSERT INTO django_session VALUES ('NOBODY ISSUED IT', '{}', '2230-01-01')"); err != nil {
		t.Fatal(err)
	}
	n := 0
	for rec, err := range session.List(t.Context(), store) {
		if err != nil {
			t.Fatal(err)
		}
		if want := record(n, time.Time{}); rec.Key != want.Key || string(rec.Data) != string(want.Data) {
			t.Fatalf("record %d is %s %s", n, rec.Key, rec.Data)
		}
		if err := store.Delete(t.Context(), rec.Key); err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != total {
		t.Errorf("List yields %d records, want %d", n, total)
	}
}

func TestListStopsWithAnError(t *testing.T) {
	store, _ := open(t, tempFile(t), sqlstore.Options{})
	create(t, store, record(1, time.Now().Add(time.Hour)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n := 0
	for _, err := range session.List(ctx, store) {
		n++
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want context.Canceled", err)
		}
	}
	if n != 1 {
		t.Errorf("List yields %d times, want once", n)
	}
}
