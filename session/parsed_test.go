package session_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// TestItemsInMemoryAreNotShared: a store that keeps records in memory
// gives all requests the same items; no request sees what another has changed
// and not saved.
func TestItemsInMemoryAreNotShared(t *testing.T) {
	m := noerror.In(session.New(memstore.New(), nil))
	first, err := m.ByKey(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	first.Set("list", []int{1, 2})
	first.Set("n", 1)
	save(t, first)
	for name, change := range map[string]func(s *session.Session){
		"Set":    func(s *session.Session) { s.Set("n", 2) },
		"Update": func(s *session.Session) { session.Item[int]("n").Update(s, 0, func(n int) int { return n + 1 }) },
		"Delete": func(s *session.Session) { s.Delete("n") },
		"Clear":  (*session.Session).Clear,
		"Flush":  (*session.Session).Flush,
		"Get": func(s *session.Session) {
			session.Item[[]int]("list").Get(s, nil)[0] = 9
		},
		"All": func(s *session.Session) {
			for _, raw := range s.All() {
				raw[0] = 'x'
			}
		},
	} {
		s, err := m.ByKey(t.Context(), first.Key())
		if err != nil {
			t.Fatal(err)
		}
		change(s)
		other, err := m.ByKey(t.Context(), first.Key())
		if err != nil {
			t.Fatal(err)
		}
		if list := session.Item[[]int]("list").Get(other, nil); session.Item[int]("n").Get(other, 0) != 1 || len(list) != 2 || list[0] != 1 {
			t.Fatalf("%s, not saved, is seen by another request", name)
		}
	}
}

// TestItemsOfAnotherManagerAreNotTaken: with another secret what a record says
// is forged, even if it was made in this process.
func TestItemsOfAnotherManagerAreNotTaken(t *testing.T) {
	store := memstore.New()
	mine := noerror.In(session.New(store, &session.Options{Codec: noerror.In(django.Signed(secrettest.Keys("a secret")))}))
	s, err := mine.ByKey(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	s.Set("n", 1)
	save(t, s)
	other := noerror.In(session.New(store, &session.Options{Codec: noerror.In(django.Signed(secrettest.Keys("another secret"))), Logger: quiet}))
	got, err := other.ByKey(t.Context(), s.Key())
	if err != nil {
		t.Fatal(err)
	}
	if got.Has("n") {
		t.Error("what was signed with another secret was taken")
	}
}

// TestRecordIsAPlainValue: records compare by their fields, those that come out
// of memory too.
func TestRecordIsAPlainValue(t *testing.T) {
	store := memstore.New()
	s, err := noerror.In(session.New(store, nil)).ByKey(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	s.Set("n", 1)
	save(t, s)
	got, err := store.Load(t.Context(), s.Key())
	if err != nil {
		t.Fatal(err)
	}
	want := session.Record{Key: s.Key(), Data: []byte(`{"n":1}`), Expiry: got.Expiry}
	if !cmp.Equal(got, want) || !reflect.DeepEqual(got, want) {
		t.Error("a record that came out of memory is not one with the same fields")
	}
	want.Data = []byte(`{"n":2}`)
	if cmp.Diff(got, want) == "" {
		t.Error("records with other data are the same")
	}
}

// TestItemsThatWereLoadedAreKept: what one request has decoded, the next one gets. The
// record was made by another manager.
func TestItemsThatWereLoadedAreKept(t *testing.T) {
	store := careless{memstore.New(), make(map[string]any)}
	rec := session.Record{Key: validKey, Data: []byte(`{"n":1}`), Expiry: time.Now().Add(time.Hour)}
	if err := store.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	m := noerror.In(session.New(store, nil))
	var kept []any
	for range 2 {
		s, err := m.ByKey(t.Context(), validKey)
		if err != nil || session.Item[int]("n").Get(s, 0) != 1 {
			t.Fatal(err)
		}
		kept = append(kept, store.kept[validKey])
	}
	if d, ok := kept[0].(interface{ Size() int }); !ok || d.Size() < len(rec.Data) || kept[0] != kept[1] {
		t.Errorf("kept after two loads: %v", kept)
	}
}

// A careless store keeps forever what it was given for a key.
type careless struct {
	session.Store
	kept map[string]any
}

func (s careless) Remember(rec session.Record, decoded any) { s.kept[rec.Key] = decoded }
func (s careless) Recall(rec session.Record) any            { return s.kept[rec.Key] }

// TestCarelessMemoryIsNotBelieved: what a store gives back counts only if it was
// made from the very data beside it.
func TestCarelessMemoryIsNotBelieved(t *testing.T) {
	store := careless{memstore.New(), make(map[string]any)}
	m := noerror.In(session.New(store, nil))
	s, err := m.ByKey(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	s.Set("role", "admin")
	save(t, s)
	kept := store.kept[s.Key()]
	if kept == nil {
		t.Fatal("nothing was left with the store")
	}
	if text := fmt.Sprintf("%v %+v %#v", kept, kept, kept); strings.Contains(text, "admin") {
		t.Errorf("what is left with the store shows an item: %s", text)
	}
	rec := session.Record{Key: validKey, Data: []byte(`{"role":"guest"}`), Expiry: time.Now().Add(time.Hour)}
	if err := store.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	store.kept[validKey] = kept
	got, err := m.ByKey(t.Context(), validKey)
	if err != nil {
		t.Fatal(err)
	}
	if role := session.Item[string]("role").Get(got, ""); role != "guest" {
		t.Errorf("role is %q, want what the data says", role)
	}
}

// TestItemsOfReplacedDataAreNotTaken: what somebody writes into a record by hand
// counts.
func TestItemsOfReplacedDataAreNotTaken(t *testing.T) {
	store := memstore.New()
	m := noerror.In(session.New(store, nil))
	s, err := m.ByKey(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	s.Set("role", "admin")
	save(t, s)
	old, err := store.Load(t.Context(), s.Key())
	if err != nil {
		t.Fatal(err)
	}
	edited := old
	edited.Data = []byte(`{"role":"guest"}`)
	if err := store.Save(t.Context(), old, edited); err != nil {
		t.Fatal(err)
	}
	got, err := m.ByKey(t.Context(), s.Key())
	if err != nil {
		t.Fatal(err)
	}
	if role := session.Item[string]("role").Get(got, ""); role != "guest" {
		t.Errorf("role is %q, want what was put into the record", role)
	}
}

// TestItemsInMemoryMatchTheData: after each kind of save.
func TestItemsInMemoryMatchTheData(t *testing.T) {
	store := memstore.New()
	m := noerror.In(session.New(store, &session.Options{Codec: noerror.In(django.Signed(secrettest.Keys("a secret"))), AbsoluteTimeout: 1 << 40}))
	s, err := m.ByKey(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for i, change := range []func(s *session.Session){
		func(s *session.Session) { s.Set("a", 1); s.Set("é", "\ud7ff") },
		func(s *session.Session) { session.Item[int]("n").Update(s, 0, func(n int) int { return n + 1 }) },
		func(s *session.Session) { s.Delete("a") },
		(*session.Session).CycleKey,
	} {
		change(s)
		save(t, s)
		rec, err := store.Load(t.Context(), s.Key())
		if err != nil {
			t.Fatal(err)
		}
		want, err := m.Items(rec)
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := m.ByKey(t.Context(), s.Key())
		if err != nil {
			t.Fatal(err)
		}
		if got := itemsOf(loaded); got != string(want) {
			t.Errorf("after change %d: %s, want %s", i, got, want)
		}
		s = loaded
	}
	s.Flush()
	if err := s.Save(t.Context()); err != nil && !errors.Is(err, session.ErrInterrupted) {
		t.Fatal(err)
	}
}

// itemsOf writes a session's items as a JSON object, names without escapes.
func itemsOf(s *session.Session) string {
	text := "{"
	for name, raw := range s.All() {
		if len(text) > 1 {
			text += ","
		}
		if name == "é" {
			name = `\u00e9`
		}
		text += `"` + name + `":` + string(raw)
	}
	return text + "}"
}
