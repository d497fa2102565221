package session_test

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// TestDeleteWhere deletes what is asked for, even where keys are hashed, and
// tells of each; what is damaged or another's stays.
func TestDeleteWhere(t *testing.T) {
	for _, hashed := range []bool{false, true} {
		store := memstore.New()
		var deleted []string
		m := noerror.In(session.New(store, &session.Options{HashKeys: hashed, Observe: func(_ context.Context, e session.Event) {
			if e.Kind == session.EventDeleted {
				deleted = append(deleted, e.Fingerprint)
			}
		}}))
		for i := range 5 {
			h := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("n", i) }))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		}
		damaged := session.Record{Key: "0123456789abcdefghijklmnopqrstuv", Data: []byte("damaged"), Expiry: time.Now().Add(time.Hour)}
		if err := store.Create(t.Context(), damaged); err != nil {
			t.Fatal(err)
		}
		n, err := m.DeleteWhere(t.Context(), func(s *session.Session) bool { return session.Item[int]("n").Get(s, 0) >= 3 })
		if n != 2 || err != nil {
			t.Errorf("hashed %t: %d deleted, %v", hashed, n, err)
		}
		left := 0
		for rec, err := range session.List(t.Context(), store) {
			if err != nil || slices.Contains(deleted, session.Fingerprint(rec.Key)) {
				t.Errorf("%v is left, error %v", rec, err)
			}
			left++
		}
		if left != 4 || len(deleted) != 2 {
			t.Errorf("hashed %t: %d are left, told of %q", hashed, left, deleted)
		}
	}
}

// emptied is a store whose records others have deleted when it is asked to.
type emptied struct{ session.Store }

func (s emptied) List(ctx context.Context) iter.Seq2[session.Record, error] {
	return session.List(ctx, s.Store)
}

func (s emptied) Delete(ctx context.Context, key string) error {
	_ = s.Store.Delete(ctx, key)
	return s.Store.Delete(ctx, key)
}

// TestDeleteWhereCountsItsOwn deletions, and goes on where others were faster.
func TestDeleteWhereCountsItsOwn(t *testing.T) {
	store := memstore.New()
	for _, key := range []string{"0123456789abcdefghijklmnopqrstuv", "1123456789abcdefghijklmnopqrstuv"} {
		mustCreate(t, store, session.Record{Key: key, Data: []byte("{}"), Expiry: time.Now().Add(time.Hour)})
	}
	all := func(*session.Session) bool { return true }
	if n, err := noerror.In(session.New(emptied{store}, nil)).DeleteWhere(t.Context(), all); n != 0 || err != nil {
		t.Errorf("%d deleted, error %v", n, err)
	}
	for range session.List(t.Context(), store) {
		t.Error("it did not go on")
	}
}

// undeletable is a store that lists, and does not delete.
type undeletable struct{ session.Store }

func (s undeletable) List(ctx context.Context) iter.Seq2[session.Record, error] {
	return session.List(ctx, s.Store)
}

func (undeletable) Delete(context.Context, string) error { return errors.New("down") }

func TestDeleteWhereNeedsAList(t *testing.T) {
	all := func(*session.Session) bool { return true }
	store := memstore.New()
	rec := session.Record{Key: "0123456789abcdefghijklmnopqrstuv", Data: []byte("{}"), Expiry: time.Now().Add(time.Hour)}
	if err := store.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	if n, err := noerror.In(session.New(struct{ session.Store }{store}, nil)).DeleteWhere(t.Context(), all); n != 0 ||
		!errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("no list: %d, %v", n, err)
	}
	if n, err := noerror.In(session.New(undeletable{store}, nil)).DeleteWhere(t.Context(), all); n != 0 ||
		!errors.Is(err, session.ErrUnavailable) {
		t.Errorf("down: %d, %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := noerror.In(session.New(store, nil)).DeleteWhere(ctx, all); n != 0 || !errors.Is(err, session.ErrUnavailable) ||
		!errors.Is(err, context.Canceled) {
		t.Errorf("done: %d, %v", n, err)
	}
}
