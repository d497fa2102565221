package session_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// tuples is a codec whose stored form knows tuples: arrays in parentheses.
type tuples struct{}

func (tuples) Encode(items []byte) ([]byte, error) { return items, nil }

func (tuples) MakesText() bool { return true }

func (tuples) Decode(data []byte) ([]byte, error) {
	return []byte(strings.NewReplacer("(", "[", ")", "]").Replace(string(data))), nil
}

func (tuples) EncodeOver(old, items []byte) ([]byte, error) {
	text := string(items)
	if strings.Contains(string(old), `"t":(1)`) {
		text = strings.Replace(text, `"t":[1]`, `"t":(1)`, 1)
	}
	return []byte(text), nil
}

// TestPreserver: a save over a record tells the codec what it replaces, and a
// save of a new one does not.
func TestPreserver(t *testing.T) {
	ctx := context.Background()
	store := memstore.New()
	m := noerror.In(session.New(store, &session.Options{Codec: tuples{}}))
	rec := session.Record{
		Key: strings.Repeat("k", 32), Data: []byte(`{"t":(1),"n":1}`), Expiry: time.Now().Add(time.Hour),
	}
	if err := store.Create(ctx, rec); err != nil {
		t.Fatal(err)
	}
	stored := func(s *session.Session) string {
		t.Helper()
		if err := s.Save(ctx); err != nil {
			t.Fatal(err)
		}
		got, err := store.Load(ctx, s.Key())
		if err != nil {
			t.Fatal(err)
		}
		return string(got.Data)
	}
	s, err := m.ByKey(ctx, rec.Key)
	if err != nil {
		t.Fatal(err)
	}
	s.Set("n", 2)
	if got, want := stored(s), `{"t":(1),"n":2}`; got != want {
		t.Errorf("after a change of another item: %s, want %s", got, want)
	}
	s.Flush()
	s.Set("t", []int{1})
	if got, want := stored(s), `{"t":[1]}`; got != want {
		t.Errorf("in a new session: %s, want %s", got, want)
	}
}
