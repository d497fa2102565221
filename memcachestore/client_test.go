package memcachestore

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/jamsession/jamsession/internal/noerror"
)

// TestCallsOfAServerAreBounded: one too many waits for another to return, or for its
// context, and those of another server do not.
func TestCallsOfAServerAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLines(noerror.In(newSelector([]string{"a", "b"}, "")), time.Second)
		var place chan struct{}
		for range maxCalls {
			place = noerror.In(l.enter(t.Context(), 0))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := l.enter(ctx, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("one too many: %v", err)
		}
		if _, err := l.enter(t.Context(), 1); err != nil {
			t.Errorf("of another server: %v", err)
		}
		l.waiting[0].Store(maxWaiting)
		if _, err := l.enter(t.Context(), 0); !errors.Is(err, errCrowd) {
			t.Errorf("with %d waiting: %v", maxWaiting, err)
		}
		l.waiting[0].Add(-1)
		time.AfterFunc(time.Second, func() { <-place })
		if _, err := l.enter(t.Context(), 0); err != nil {
			t.Errorf("when there is a place again: %v", err)
		}
	})
}

// TestSharedItemIsCopied: a save writes its data into the item that it has read, and
// others may have read the same one.
func TestSharedItemIsCopied(t *testing.T) {
	c := newClient(noerror.In(newSelector([]string{"a"}, "")), time.Second)
	shared := &memcache.Item{Value: []byte("stored"), CasID: 7}
	c.reads[0].One = func(context.Context, string) (*memcache.Item, error) { return shared, nil }
	got := noerror.In(c.get(t.Context(), "key"))
	if got.CasID != 7 || string(got.Value) != "stored" {
		t.Errorf("got %+v", got)
	}
	got.Value = []byte("by a save")
	if string(shared.Value) != "stored" {
		t.Error("a save has changed the item of another one")
	}
}
