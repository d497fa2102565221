package session_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// load returns a session that holds items, and its manager.
func load(t *testing.T, items string) (*session.Session, *session.Manager, *spyStore) {
	t.Helper()
	store := newSpy()
	mustCreate(t, store, session.Record{
		Key: validKey, Data: []byte(items), Expiry: time.Now().Add(time.Hour),
	})
	m := noerror.In(session.New(store, &session.Options{Logger: quiet}))
	return reload(t, m), m, store
}

func reload(t *testing.T, m *session.Manager) *session.Session {
	t.Helper()
	s, err := m.ByKey(t.Context(), validKey)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func save(t *testing.T, s *session.Session) {
	t.Helper()
	if err := s.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// stored returns the data of the only record.
func stored(t *testing.T, store *spyStore) string {
	t.Helper()
	recs := store.records()
	if len(recs) != 1 {
		t.Fatalf("%d records, want 1", len(recs))
	}
	return string(recs[0].Data)
}

func TestUntouchedItemsGoBackByteForByte(t *testing.T) {
	const items = `{"one":1.0,"big":` + "1234567890123456789012345678901234567890" +
		`,"nan":NaN,"inf":-Infinity,"lone":"\ud800","z":{"b" : 1, "a":[1e400]},"a":"é"}`
	s, _, store := load(t, strings.Replace(items, "é", `\u00e9`, 1))
	s.Set("new", true)
	save(t, s)
	want := strings.Replace(items[:len(items)-1], "é", `\u00e9`, 1) + `,"new":true}`
	if got := stored(t, store); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTypes(t *testing.T) {
	type item struct {
		Name string `json:"name"`
		N    int    `json:"n"`
	}
	s, m, _ := load(t, "{}")
	s.Set("string", "Ünïcödé 😀 <&>")
	s.Set("int", int64(math.MaxInt64))
	s.Set("float", 1.0)
	s.Set("nan", math.NaN())
	s.Set("bool", true)
	s.Set("list", []item{{"a", 1}, {"b", 2}})
	s.Set("none", nil)
	save(t, s)
	s = reload(t, m)
	if got := session.Item[string]("string").Get(s, ""); got != "Ünïcödé 😀 <&>" {
		t.Errorf("string: %q", got)
	}
	if got := session.Item[int64]("int").Get(s, 0); got != math.MaxInt64 {
		t.Errorf("int: %d", got)
	}
	if got, err := session.Item[json.RawMessage]("float").Lookup(s); string(got) != "1.0" {
		t.Errorf("float: %s, %v", got, err)
	}
	if got := session.Item[float64]("nan").Get(s, 0); !math.IsNaN(got) {
		t.Errorf("nan: %v", got)
	}
	if got := session.Item[[]item]("list").Get(s, nil); !slices.Equal(got, []item{{"a", 1}, {"b", 2}}) {
		t.Errorf("list: %v", got)
	}
	if got := session.Item[string]("none").Get(s, "default"); got != "" {
		t.Errorf("none: %q", got)
	}
	want := []string{"string", "int", "float", "nan", "bool", "list", "none"}
	if got := s.Names(); !slices.Equal(got, want) {
		t.Errorf("names: %v", got)
	}
}

func TestLookupTellsWhyNot(t *testing.T) {
	s, _, _ := load(t, `{"secret":"hunter2"}`)
	if _, err := session.Item[int]("other").Lookup(s); !errors.Is(err, session.ErrNoItem) {
		t.Errorf("missing: %v", err)
	}
	_, err := session.Item[int]("secret").Lookup(s)
	if !errors.Is(err, session.ErrType) || !strings.Contains(err.Error(), `"secret" is not of type int`) {
		t.Errorf("other type: %v", err)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error shows the item: %v", err)
	}
}

func TestGetOfAnotherTypeIsTheDefaultAndAWarning(t *testing.T) {
	var log bytes.Buffer
	store := newSpy()
	mustCreate(t, store, session.Record{
		Key: validKey, Data: []byte(`{"a":"hunter2"}`), Expiry: time.Now().Add(time.Hour),
	})
	m := noerror.In(session.New(store, &session.Options{Logger: textLogger(&log)}))
	if got := session.Item[int]("a").Get(reload(t, m), 5); got != 5 {
		t.Errorf("got %d", got)
	}
	if !strings.Contains(log.String(), "item=a") || strings.Contains(log.String(), "hunter2") {
		t.Errorf("logged %s", &log)
	}
}

// TestUpdateOfAnotherTypeStartsAnew: a new version of the program has another type for an
// item. A failure would close the page to everybody who has an old session.
func TestUpdateOfAnotherTypeStartsAnew(t *testing.T) {
	increment := func(n int) int { return n + 1 }
	for name, update := range map[string]func(s *session.Session) int{
		"Update": func(s *session.Session) int { return session.Item[int]("n").Update(s, 5, increment) },
		"UpdateOrDelete": func(s *session.Session) int {
			return session.Item[int]("n").UpdateOrDelete(s, 5, func(n int) (int, bool) { return n + 1, true })
		},
	} {
		for _, old := range []string{`"hunter2"`, `[1,2]`, `1.5`, `{"n":3}`, `null`} {
			var log bytes.Buffer
			store := newSpy()
			mustCreate(t, store, session.Record{
				Key: validKey, Data: []byte(`{"other":1,"n":` + old + `}`), Expiry: time.Now().Add(time.Hour),
			})
			m := noerror.In(session.New(store, &session.Options{Logger: textLogger(&log)}))
			s := reload(t, m)
			want := 6
			if old == "null" { // which is any type's zero to encoding/json
				want = 1
			}
			if got := update(s); got != want {
				t.Errorf("%s of %s: returned %d", name, old, got)
			}
			save(t, s)
			if got := stored(t, store); got != fmt.Sprintf(`{"other":1,"n":%d}`, want) {
				t.Errorf("%s of %s: stored %s", name, old, got)
			}
			lines := strings.Count(log.String(), "\n")
			if want == 6 && lines != 1 || strings.Contains(log.String(), "hunter2") {
				t.Errorf("%s of %s: logged %s", name, old, &log)
			}
			if update(reload(t, m)); strings.Count(log.String(), "\n") != lines {
				t.Errorf("%s of %s: logged again: %s", name, old, &log)
			}
		}
	}
}

// A basket reads the form that it had in the version before: a list of names.
type basket struct {
	Lines map[string]int `json:"lines"`
}

func (c *basket) UnmarshalJSON(text []byte) error {
	var names []string
	if json.Unmarshal(text, &names) != nil {
		type plain basket
		return json.Unmarshal(text, (*plain)(c))
	}
	c.Lines = make(map[string]int)
	for _, name := range names {
		c.Lines[name]++
	}
	return nil
}

// TestUnmarshalJSONReadsTheOldForm: the way that Update documents, also in a replay.
func TestUnmarshalJSONReadsTheOldForm(t *testing.T) {
	second, m, store := load(t, `{"cart":["tea","tea"]}`)
	first := reload(t, m)
	add := func(s *session.Session, name string) {
		session.Item[basket]("cart").Update(s, basket{}, func(c basket) basket {
			c.Lines[name]++
			return c
		})
	}
	first.Set("cart", []string{"tea", "milk"}) // by a process of the old version
	add(second, "sugar")
	save(t, first)
	save(t, second)
	if got, want := stored(t, store), `{"cart":{"lines":{"milk":1,"sugar":1,"tea":1}}}`; got != want {
		t.Errorf("stored %s, want %s", got, want)
	}
}

func TestSetOfWhatJSONCannotHoldFailsTheSave(t *testing.T) {
	s, _, store := load(t, `{"a":1}`)
	s.Set("f", func() {})
	err := s.Save(t.Context())
	if !errors.Is(err, session.ErrType) || !strings.Contains(err.Error(), `"f"`) {
		t.Errorf("Save returned %v", err)
	}
	if got := stored(t, store); got != `{"a":1}` {
		t.Errorf("stored %s", got)
	}
}

func TestSetTakesACopy(t *testing.T) {
	s, _, _ := load(t, "{}")
	list := []int{1, 2}
	s.Set("list", list)
	list[0] = 9
	if got := session.Item[[]int]("list").Get(s, nil); got[0] != 1 {
		t.Errorf("got %v", got)
	}
	got := session.Item[[]int]("list").Get(s, nil)
	got[1] = 9
	if again := session.Item[[]int]("list").Get(s, nil); again[1] != 2 {
		t.Errorf("what Get returned was no copy: %v", again)
	}
}

func TestPopAndSetDefault(t *testing.T) {
	s, m, _ := load(t, `{"a":1}`)
	if got := session.Item[int]("a").Pop(s, 0); got != 1 || s.Has("a") {
		t.Errorf("Pop: %d, still there: %v", got, s.Has("a"))
	}
	if got := session.Item[int]("a").Pop(s, 7); got != 7 {
		t.Errorf("Pop of nothing: %d", got)
	}
	if got := session.Item[int]("b").SetDefault(s, 2); got != 2 {
		t.Errorf("SetDefault: %d", got)
	}
	if got := session.Item[int]("b").SetDefault(s, 3); got != 2 {
		t.Errorf("SetDefault of what is there: %d", got)
	}
	save(t, s)
	if got := reload(t, m).Names(); !slices.Equal(got, []string{"b"}) {
		t.Errorf("saved %v", got)
	}
}

func TestTypedKey(t *testing.T) {
	cart := session.Item[[]string]("cart")
	s, _, _ := load(t, "{}")
	if cart.Has(s) || cart.Get(s, nil) != nil {
		t.Error("the cart is there")
	}
	cart.Set(s, []string{"apple"})
	cart.Update(s, nil, func(c []string) []string { return append(c, "pear") })
	if got, err := cart.Lookup(s); err != nil || !slices.Equal(got, []string{"apple", "pear"}) {
		t.Errorf("got %v, %v", got, err)
	}
	if got := cart.Pop(s, nil); len(got) != 2 {
		t.Errorf("popped %v", got)
	}
	cart.Set(s, nil)
	cart.Delete(s)
	if len(s.Names()) > 0 {
		t.Errorf("left %v", s.Names())
	}
}

func TestTestCookie(t *testing.T) {
	s, m, _ := load(t, "{}")
	s.SetTestCookie()
	save(t, s)
	s = reload(t, m)
	if !s.TestCookieWorked() {
		t.Error("the test cookie did not work")
	}
	s.DeleteTestCookie()
	if s.TestCookieWorked() || s.Has("testcookie") {
		t.Error("the test cookie is still there")
	}
}

// Each pair of changes meets: the second session has loaded before the first
// one saves.
func TestChangesAreReplayedOnConflict(t *testing.T) {
	for _, c := range []struct {
		name          string
		first, second func(*session.Session)
		want          string
	}{
		{
			"different items",
			func(s *session.Session) { s.Set("b", 2) },
			func(s *session.Session) { s.Set("c", 3) },
			`{"a":1,"b":2,"c":3}`,
		},
		{
			"the same counter",
			func(s *session.Session) { session.Item[int]("a").Update(s, 0, func(n int) int { return n + 10 }) },
			func(s *session.Session) { session.Item[int]("a").Update(s, 0, func(n int) int { return n + 100 }) },
			`{"a":111}`,
		},
		{
			"delete and set",
			func(s *session.Session) { s.Set("a", 2) },
			func(s *session.Session) { s.Delete("a"); s.Set("b", 1) },
			`{"b":1}`,
		},
		{
			"clear and set",
			func(s *session.Session) { s.Set("b", 2) },
			func(s *session.Session) { s.Clear(); s.Set("c", 3) },
			`{"c":3}`,
		},
		{
			"default and set",
			func(s *session.Session) { s.Set("d", "first") },
			func(s *session.Session) { session.Item[string]("d").SetDefault(s, "second") },
			`{"a":1,"d":"first"}`,
		},
		{
			"expiry and set",
			func(s *session.Session) { s.Set("b", 2) },
			func(s *session.Session) { s.SetExpiry(time.Minute) },
			`{"a":1,"b":2,"_session_expiry":60}`,
		},
		{
			"new key and set",
			func(s *session.Session) { s.Set("b", 2) },
			func(s *session.Session) { s.CycleKey() },
			`{"a":1,"b":2}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			second, m, store := load(t, `{"a":1}`)
			first := reload(t, m)
			c.first(first)
			c.second(second)
			save(t, first)
			save(t, second)
			if got := stored(t, store); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestUpdateOfAnotherTypeInAReplayStartsAnew(t *testing.T) {
	second, m, store := load(t, `{"n":1}`)
	first := reload(t, m)
	first.Set("n", "text")
	session.Item[int]("n").Update(second, 0, func(n int) int { return n + 1 })
	save(t, first)
	save(t, second)
	if got := stored(t, store); got != `{"n":1}` {
		t.Errorf("stored %s", got)
	}
}

// TestUpdateOrDeleteDecidesAnewOnReplay: an item is removed only if it is used
// up in the record that is saved.
func TestUpdateOrDeleteDecidesAnewOnReplay(t *testing.T) {
	for _, c := range []struct {
		about string
		first func(s *session.Session) // what a request in parallel does
		want  string
	}{
		{"nothing", func(*session.Session) {}, `{"x":1}`},
		{"more", func(s *session.Session) { s.Set("n", 5) }, `{"n":2,"x":1}`},
		{"the same", func(s *session.Session) { s.Delete("n") }, `{"x":1}`},
	} {
		second, m, store := load(t, `{"n":3}`)
		first := reload(t, m)
		c.first(first)
		first.Set("x", 1)
		left := session.Item[int]("n").UpdateOrDelete(second, 3, func(n int) (int, bool) { return n - 3, n > 3 })
		if left != 0 || second.Has("n") {
			t.Errorf("before the save: %d left, there: %t", left, second.Has("n"))
		}
		save(t, first)
		save(t, second)
		if got := stored(t, store); got != c.want {
			t.Errorf("%s: got %s, want %s", c.about, got, c.want)
		}
	}
}

func TestDeletedSessionIsNotRecreated(t *testing.T) {
	for name, change := range map[string]func(*session.Session){
		"Set":       func(s *session.Session) { s.Set("uid", 7) },
		"Update":    func(s *session.Session) { session.Item[int]("a").Update(s, 0, func(n int) int { return n + 1 }) },
		"CycleKey":  func(s *session.Session) { s.CycleKey() },
		"SetExpiry": func(s *session.Session) { s.SetExpiry(time.Hour) },
		"Clear":     func(s *session.Session) { s.Clear() },
	} {
		t.Run(name, func(t *testing.T) {
			s, m, store := load(t, `{"a":1}`)
			change(s)
			if err := m.Delete(t.Context(), validKey); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := s.Save(t.Context()); !errors.Is(err, session.ErrInterrupted) {
					t.Errorf("Save returned %v", err)
				}
			}
			if n := len(store.records()); n != 0 {
				t.Errorf("%d records", n)
			}
		})
	}
}

func TestRotationDrawsAnotherKeyOnCollision(t *testing.T) {
	// That a key is never taken over is the store's ErrExists; that the
	// session then draws another one is shown by a store that says so once.
	store := &collidingStore{spyStore: newSpy()}
	m := noerror.In(session.New(store, nil))
	s, err := m.ByKey(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	s.Set("a", 1)
	save(t, s)
	created := s.Key()
	store.collided = false
	s.CycleKey()
	save(t, s)
	if s.Key() == created || len(store.keys) != 4 || store.keys[0] == store.keys[1] || store.keys[2] == store.keys[3] {
		t.Errorf("keys drawn: %d", len(store.keys))
	}
	if recs := store.records(); len(recs) != 1 || recs[0].Key != s.Key() {
		t.Errorf("%d records", len(recs))
	}
}

func TestA3KeysAreRandom(t *testing.T) {
	const n = 20_000
	seen := make(map[string]bool, n)
	counts := make(map[byte]int)
	for range n {
		key := session.NewKey()
		if len(key) != 32 || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789") != "" || seen[key] {
			t.Fatalf("bad or repeated key of length %d", len(key))
		}
		seen[key] = true
		for i := range len(key) {
			counts[key[i]]++
		}
	}
	// Chi-square over the 36 characters: 35 degrees of freedom, and 90 is
	// exceeded by chance about once in a million runs.
	expect, chi := float64(n*32)/36, 0.0
	for _, count := range counts {
		chi += (float64(count) - expect) * (float64(count) - expect) / expect
	}
	if len(counts) != 36 || chi > 90 {
		t.Errorf("%d characters, chi-square %.1f", len(counts), chi)
	}
}

func TestCorruptDataIsAnEmptySessionAndALogLine(t *testing.T) {
	for _, data := range []string{"", "garbage", `{"uid":7`, `[1]`, `{"uid":7}x`} {
		var log bytes.Buffer
		store := newSpy()
		mustCreate(t, store, session.Record{Key: validKey, Data: []byte(data), Expiry: time.Now().Add(time.Hour)})
		m := noerror.In(session.New(store, &session.Options{Logger: textLogger(&log)}))
		s := reload(t, m)
		if len(s.Names()) > 0 || s.Key() != validKey {
			t.Errorf("%q: items %v, key kept: %v", data, s.Names(), s.Key() == validKey)
		}
		if n := strings.Count(log.String(), "data corrupted"); n != 1 || strings.Contains(log.String(), validKey) {
			t.Errorf("%q: logged %s", data, &log)
		}
		s.Set("a", 1)
		save(t, s)
		if got := stored(t, store); got != `{"a":1}` {
			t.Errorf("%q: then stored %s", data, got)
		}
	}
}

func TestDataBeyondLimitsIsNotOverwritten(t *testing.T) {
	store := newSpy()
	deep := `{"a":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "}"
	mustCreate(t, store, session.Record{Key: validKey, Data: []byte(deep), Expiry: time.Now().Add(time.Hour)})
	_, err := noerror.In(session.New(store, nil)).ByKey(t.Context(), validKey)
	if !errors.Is(err, session.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

func TestUnloadableSessionsAreNotSaved(t *testing.T) {
	s, _, _ := load(t, `{"a":1}`)
	s.Set("big", strings.Repeat("x", 16<<20))
	if err := s.Save(t.Context()); !errors.Is(err, session.ErrTooLarge) {
		t.Errorf("16 MiB: %v", err)
	}
	s, _, store := load(t, `{"a":1}`)
	for i := range 100_000 {
		s.Set(fmt.Sprint(i%50), i) // many changes, few items
	}
	save(t, s)
	if n := strings.Count(stored(t, store), ":"); n != 51 {
		t.Errorf("%d items", n)
	}
}

func TestNothingPrintsTheKey(t *testing.T) {
	s, m, store := load(t, `{"password":"hunter2"}`)
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	logger.Info("x", "s", s)
	marshalled, _ := json.Marshal(s) //lint:ignore SA9005 it must show nothing
	text := log.String() + string(marshalled)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		text += fmt.Sprintf(verb, s)
	}
	store.breakOn("Load", "Save", "Delete")
	_, err := m.ByKey(t.Context(), validKey)
	text += fmt.Sprint(err, m.Delete(t.Context(), validKey))
	s.Set("a", 1)
	text += fmt.Sprint(s.Save(t.Context()))
	if strings.Contains(text, validKey) || strings.Contains(text, "hunter2") {
		t.Errorf("leaked: %s", text)
	}
	if !strings.Contains(text, session.Fingerprint(validKey)) {
		t.Errorf("no fingerprint: %s", text)
	}
	if got := fmt.Sprint(reloadNew(t, m)); got != "session new" {
		t.Errorf("a new session prints %q", got)
	}
}

func reloadNew(t *testing.T, m *session.Manager) *session.Session {
	t.Helper()
	s, err := m.ByKey(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMethodsAreSafeForConcurrentUse(t *testing.T) {
	s, m, _ := load(t, `{"n":0}`)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for j := range 50 {
				session.Item[int]("n").Update(s, 0, func(n int) int { return n + 1 })
				s.Set(fmt.Sprint("k", i), j)
				session.Item[int]("n").Get(s, 0)
				for range s.All() { // looking is enough
				}
				s.Delete("nothing")
				_ = fmt.Sprint(s)
				if j%10 == 0 {
					if err := s.Save(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	save(t, s)
	if got := session.Item[int]("n").Get(reload(t, m), 0); got != 800 {
		t.Errorf("n = %d, want 800", got)
	}
}

func TestListNeedsAStoreWithAList(t *testing.T) {
	for _, err := range session.List(t.Context(), newSpy()) {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("got %v", err)
		}
	}
	store := memstore.New()
	mustCreate(t, store, session.Record{Key: validKey, Data: []byte("{}"), Expiry: time.Now().Add(time.Hour)})
	n := 0
	for rec, err := range session.List(t.Context(), store) {
		if err != nil || rec.Key != validKey {
			t.Errorf("got %v", err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("listed %d", n)
	}
}

func TestItemsOfARecord(t *testing.T) {
	m := noerror.In(session.New(memstore.New(), nil))
	got, err := m.Items(session.Record{Data: []byte(` {"a" : 1.0} `)})
	if err != nil || string(got) != `{"a":1.0}` {
		t.Errorf("got %s, %v", got, err)
	}
	if _, err := m.Items(session.Record{Data: []byte("x")}); !errors.Is(err, session.ErrCorrupt) {
		t.Errorf("got %v", err)
	}
}

func TestUpdateIsRepeatedOnAFreshDefault(t *testing.T) {
	m := noerror.In(session.New(memstore.New(), nil))
	first, _ := m.ByKey(t.Context(), "")
	first.Set("other", 0)
	if err := first.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	a, _ := m.ByKey(t.Context(), first.Key())
	session.Item[map[string]int]("cart").Update(a, map[string]int{}, func(c map[string]int) map[string]int {
		c["item"]++
		return c
	})
	b, _ := m.ByKey(t.Context(), first.Key())
	b.Set("other", 1)
	if err := b.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	c, _ := m.ByKey(t.Context(), first.Key())
	if n := session.Item[map[string]int]("cart").Get(c, map[string]int{})["item"]; n != 1 {
		t.Errorf("one update counts %d times", n)
	}
}

func TestUpdateLeavesTheDefaultAlone(t *testing.T) {
	m := noerror.In(session.New(memstore.New(), nil))
	s, _ := m.ByKey(t.Context(), "")
	s.Set("list", []int{1, 2})
	s.Set("map", map[string]int{"x": 5})
	list, dict := []int{7, 8, 9}, map[string]int{"default": 1}
	session.Item[[]int]("list").Update(s, list, func(v []int) []int { return v })
	got := session.Item[map[string]int]("map").Update(s, dict, func(v map[string]int) map[string]int { return v })
	if list[0] != 7 || len(dict) != 1 || len(got) != 1 {
		t.Errorf("defaults are %v and %v, the item is %v", list, dict, got)
	}
}
