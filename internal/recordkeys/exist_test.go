package recordkeys_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/jamsession/jamsession/internal/recordkeys"
	"github.com/jamsession/jamsession/session"
)

// errPoison is of a record that cannot be loaded.
var errPoison = errors.New("poison")

// A plain store has no Exist. It loads what its map says.
type plain struct {
	session.Store
	loads  map[string]error
	loaded *int
}

func (p plain) Load(_ context.Context, key string) (session.Record, error) {
	*p.loaded++
	return session.Record{Key: key}, p.loads[key]
}

// A front passes the question on, as a cache does.
type front struct{ session.Store }

func (f front) Exist(ctx context.Context, keys []string) ([]bool, error) {
	found, err := recordkeys.Exist(ctx, f.Store, keys)
	if err != nil {
		err = fmt.Errorf("front: %w", err)
	}
	return found, err
}

// TestOneRecordHidesNoOther, wherever it is among them, and whatever is in front of the store.
func TestOneRecordHidesNoOther(t *testing.T) {
	store := plain{loaded: new(int), loads: map[string]error{
		"gone": session.ErrNotFound, "large": session.ErrTooLarge, "bad": errPoison, "worse": errPoison,
	}}
	for name, s := range map[string]session.Store{"plain": store, "front": front{store}} {
		found, err := recordkeys.Exist(t.Context(), s, []string{"bad", "there", "worse", "gone", "large"})
		if !errors.Is(err, errPoison) {
			t.Errorf("%s: the error is %v", name, err)
		}
		if want := []bool{false, true, false, false, true}; !slices.Equal(found, want) {
			t.Errorf("%s: found %v, want %v", name, found, want)
		}
		for i, want := range []bool{false, true, false, true, true} {
			if recordkeys.Known(err, i) != want {
				t.Errorf("%s: of key %d it is known: %v", name, i, !want)
			}
		}
	}
}

// TestNoLoadAfterTheEnd of the time.
func TestNoLoadAfterTheEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	store := plain{loaded: new(int)}
	_, err := recordkeys.Exist(ctx, store, []string{"a", "b"})
	if !errors.Is(err, context.Canceled) || recordkeys.Known(err, 0) || *store.loaded > 0 {
		t.Errorf("%v after %d loads", err, *store.loaded)
	}
}

// A hasty store answers for some of the keys, and does not say for which.
type hasty struct {
	session.Store
	err error
}

func (h hasty) Exist(context.Context, []string) ([]bool, error) { return []bool{false}, h.err }

// TestAnAnswerThatIsNotOneForEachKey counts for none of them.
func TestAnAnswerThatIsNotOneForEachKey(t *testing.T) {
	for _, h := range []hasty{{}, {err: errPoison}} {
		found, err := recordkeys.Exist(t.Context(), h, []string{"a", "b"})
		if err == nil || found != nil || recordkeys.Known(err, 0) {
			t.Errorf("%v, %v", found, err)
		}
	}
}
