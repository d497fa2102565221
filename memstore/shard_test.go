package memstore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jamsession/jamsession/session"
)

func keyOf(i int) string { return fmt.Sprintf("%032d", i) }

// fill creates records that expire at an instant.
func fill(t *testing.T, s *store, from, n int, end time.Time) {
	t.Helper()
	for i := range n {
		rec := session.Record{Key: keyOf(from + i), Data: []byte("{}"), Expiry: end}
		if err := s.Create(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
	}
}

// left returns how many records there are. It fails if a lock is held.
func left(t *testing.T, s *store) (n int) {
	t.Helper()
	for i := range s.table().shards {
		sh := &s.table().shards[i]
		if !sh.mu.TryLock() {
			t.Fatalf("the lock of shard %d is held", i)
		}
		n += len(sh.ends)
		sh.mu.Unlock()
	}
	return n
}

// An observed context tells whenever it is asked whether it is done.
type observed struct {
	context.Context
	asked func()
}

func (c observed) Err() error {
	c.asked()
	return c.Context.Err()
}

// TestClearingKeepsNobodyWaiting: between two batches no lock is held, a batch is
// small, and no shard has two in a row.
func TestClearingKeepsNobodyWaiting(t *testing.T) {
	const expired, live = 40_000, 1000
	s := newStore(0)
	now := time.Now()
	fill(t, s, 0, expired, now.Add(-time.Hour))
	fill(t, s, expired, live, now.Add(time.Hour))
	before := left(t, s)
	largest, batches := 0, 0
	ctx := observed{t.Context(), func() {
		after := left(t, s)
		largest = max(largest, before-after)
		if before > after {
			batches++
		}
		before = after
	}}
	n, err := s.ClearExpired(ctx, now)
	if n != expired || err != nil || left(t, s) != live {
		t.Errorf("%d cleared and %d left, %v; want %d and %d", n, left(t, s), err, expired, live)
	}
	if largest > clearBatch || batches < expired/clearBatch {
		t.Errorf("%d records at once, in %d batches; want at most %d", largest, batches, clearBatch)
	}
}

// TestClearingGoesRound: a request that waits for a shard is not overtaken by the next
// batch there.
func TestClearingGoesRound(t *testing.T) {
	s := newStore(0)
	now := time.Now()
	fill(t, s, 0, 40_000, now.Add(-time.Hour))
	sizes := func() (all []int) {
		for i := range s.table().shards {
			all = append(all, len(s.table().shards[i].ends))
		}
		return all
	}
	before, last := sizes(), -1
	_, err := s.ClearExpired(observed{t.Context(), func() {
		after := sizes()
		for i := range after {
			if after[i] == before[i] {
				continue
			}
			others := slices.Concat(after[:i], after[i+1:])
			if i == last && slices.Max(others) > 0 {
				t.Errorf("shard %d was locked twice in a row", i)
			}
			last = i
		}
		before = after
	}}, now)
	if err != nil {
		t.Fatal(err)
	}
}

// TestClearingEndsWithItsContext and tells what was cleared until then.
func TestClearingEndsWithItsContext(t *testing.T) {
	s := newStore(0)
	now := time.Now()
	fill(t, s, 0, 5000, now.Add(-time.Hour))
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	n, err := s.ClearExpired(observed{ctx, func() {
		if asked++; asked == 3 {
			cancel()
		}
	}}, now)
	if !errors.Is(err, context.Canceled) || n == 0 || n+left(t, s) != 5000 {
		t.Errorf("%d cleared, %d left, %v", n, left(t, s), err)
	}
}

// TestRefusalLooksAtNoRecord, however many there are: it needs the lock of the new key's
// shard, and of no other one.
func TestRefusalLooksAtNoRecord(t *testing.T) {
	const most = 10_000
	s := newStore(most)
	fill(t, s, 0, most, time.Now().Add(time.Hour))
	rec := session.Record{Key: keyOf(most), Expiry: time.Now().Add(time.Hour)}
	own, _ := s.table().of(rec.Key)
	for i := range s.table().shards {
		if sh := &s.table().shards[i]; sh != own {
			sh.mu.Lock() // for ever: a look at its records would wait
		}
	}
	own.entries, own.ends = nil, nil
	if err := s.Create(t.Context(), rec); !errors.Is(err, ErrFull) {
		t.Errorf("Create in a full store: %v", err)
	}
}

// TestRoomIsGivenBack by whatever ends a record, once each, and taken by no record
// that was refused.
func TestRoomIsGivenBack(t *testing.T) {
	const most = 1000
	s := newStore(most)
	later := time.Now().Add(time.Hour)
	fill(t, s, 0, most, later)
	for i := range 300 {
		if err := s.Delete(t.Context(), keyOf(i)); err != nil {
			t.Fatal(err)
		}
		_ = s.Delete(t.Context(), keyOf(i))
	}
	for range 500 {
		rec := session.Record{Key: keyOf(300), Expiry: later}
		if err := s.Create(t.Context(), rec); !errors.Is(err, session.ErrExists) {
			t.Fatal(err)
		}
	}
	fill(t, s, most, 200, time.Now().Add(-time.Second))
	if n, err := s.ClearExpired(t.Context(), time.Now()); n != 200 || err != nil {
		t.Fatal(n, err)
	}
	rec := session.Record{Key: keyOf(300), Data: []byte("{}"), Expiry: later}
	moved := rec
	moved.Key = keyOf(0)
	if err := s.Save(t.Context(), rec, moved); err != nil {
		t.Fatal(err)
	}
	fill(t, s, 2*most, 100, time.Now().Add(-time.Second))
	fill(t, s, 3*most, 300, later) // 100 of them for those that have expired
	if err := s.Create(t.Context(), session.Record{Key: "x", Expiry: later}); !errors.Is(err, ErrFull) {
		t.Errorf("Create in a full store: %v", err)
	}
	if n := left(t, s); n != most {
		t.Errorf("%d records, want %d", n, most)
	}
}

// TestMoveIsOneStep: while the new key's shard is busy, the record is under its old
// key, or nobody can look there.
func TestMoveIsOneStep(t *testing.T) {
	s := newStore(0)
	later := time.Now().Add(time.Hour)
	for i := range 20 {
		fill(t, s, 2*i, 1, later)
		old := session.Record{Key: keyOf(2 * i), Data: []byte("{}"), Expiry: later}
		moved := old
		moved.Key = keyOf(2*i + 1)
		from, hash := s.table().of(old.Key)
		to, _ := s.table().of(moved.Key)
		if from == to {
			continue
		}
		done := make(chan error, 1)
		to.mu.Lock()
		go func() { done <- s.Save(t.Context(), old, moved) }()
		for range 1000 {
			runtime.Gosched()
			if !from.mu.TryLock() {
				continue
			}
			if from.find(hash, old.Key) == nil {
				t.Fatal("the record is under neither key")
			}
			from.mu.Unlock()
		}
		to.mu.Unlock()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if n := left(t, s); n != i+1 {
			t.Fatalf("%d records, want %d", n, i+1)
		}
	}
}

// TestMovesDoNotWaitForEachOther in a circle: one that waits for the first of two shards
// has not taken the second.
func TestMovesDoNotWaitForEachOther(t *testing.T) {
	tab := newTable(0)
	first, second := &tab.shards[1], &tab.shards[2]
	for _, pair := range [][2]*shard{{first, second}, {second, first}} {
		var both sync.WaitGroup
		first.mu.Lock()
		both.Go(func() {
			lockBoth(pair[0], pair[1])
			unlockBoth(pair[0], pair[1])
		})
		for range 1000 {
			runtime.Gosched()
			if !second.mu.TryLock() {
				t.Fatal("the second shard is taken before the first")
			}
			second.mu.Unlock()
		}
		first.mu.Unlock()
		both.Wait()
	}
}

// TestRecordsOfOneHashStayApart: as good as never there are two, but then each visitor
// still has their own.
func TestRecordsOfOneHashStayApart(t *testing.T) {
	const hash = 7
	for _, order := range [][]string{{"a", "b", "c"}, {"c", "a", "b"}, {"b", "c", "a"}} {
		sh := new(shard)
		now := time.Now()
		for i, key := range []string{"a", "b", "c"} {
			sh.add(hash, &entry{key: key}, now.Add(time.Duration(i+1)*time.Minute))
		}
		there := map[string]bool{"a": true, "b": true, "c": true}
		for _, gone := range order {
			for _, key := range []string{"a", "b", "c"} {
				e := sh.live(hash, key, now)
				if (e != nil) != there[key] || e != nil && e.key != key {
					t.Errorf("%q of %v: found %v", key, there, e)
				}
			}
			sh.remove(hash, sh.find(hash, gone))
			delete(there, gone)
		}
		if len(sh.entries)+len(sh.others)+len(sh.ends) != 0 {
			t.Errorf("removed in the order %v: something is left", order)
		}
	}
}

// TestEndsAreInOrder through all that may become of a record: the first one is
// the first to expire, and each knows its place.
func TestEndsAreInOrder(t *testing.T) {
	for seed := range uint64(10) {
		random := rand.New(rand.NewPCG(seed, 0))
		var h ends
		want := make(map[*entry]int64)
		for range 300 {
			at := random.Int64N(50)
			switch e := (*entry)(nil); {
			case len(h) == 0 || random.IntN(3) == 0:
				e = new(entry)
				h.add(e, time.UnixMicro(at))
				want[e] = at
			case random.IntN(2) == 0:
				e = h[random.IntN(len(h))].entry
				h.set(e, time.UnixMicro(at))
				want[e] = at
			default:
				e = h[random.IntN(len(h))].entry
				h.remove(e)
				delete(want, e)
			}
			if len(h) != len(want) {
				t.Fatalf("%d ends, want %d", len(h), len(want))
			}
			for e, at := range want {
				if h[e.place].entry != e || h[e.place].at != at {
					t.Fatal("an entry does not know its end")
				}
			}
			if len(h) > 0 && h[0].at != slices.Min(slices.Collect(maps.Values(want))) {
				t.Fatal("the first is not the one that ends first")
			}
		}
	}
}

// TestListNeedsNoLock while the loop runs, and has each record once.
func TestListNeedsNoLock(t *testing.T) {
	s := newStore(0)
	fill(t, s, 0, 2000, time.Now().Add(time.Hour))
	last := ""
	n := 0
	for rec, err := range s.List(t.Context()) {
		if err != nil || rec.Key <= last {
			t.Fatalf("%q after %q, %v", rec.Key, last, err)
		}
		last = rec.Key
		if n++; left(t, s) != 2000 {
			t.Fatal("a record is gone")
		}
	}
	if n != 2000 {
		t.Errorf("%d records, want 2000", n)
	}
}

// TestRoomIsExact when many want the last place at one moment.
func TestRoomIsExact(t *testing.T) {
	r := room{max: 1}
	start := make(chan struct{})
	var have atomic.Int32
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			<-start
			for range 50_000 {
				if !r.take() {
					continue
				}
				if n := have.Add(1); n != 1 {
					t.Errorf("%d have the only place", n)
				}
				have.Add(-1)
				r.give(1)
			}
		})
	}
	close(start)
	all.Wait()
	if n := r.taken.Load(); n != 0 {
		t.Errorf("%d places are taken by nobody", n)
	}
}

// TestSaveForgetsWhatWasDecoded: what is kept beside a record is what was decoded
// from its data.
func TestSaveForgetsWhatWasDecoded(t *testing.T) {
	s := newStore(0)
	old := session.Record{Key: keyOf(1), Data: []byte("{}"), Expiry: time.Now().Add(time.Hour)}
	if err := s.Create(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	s.Remember(old, "decoded")
	if got := s.Recall(old); got != "decoded" {
		t.Errorf("kept is %v", got)
	}
	for _, key := range []string{old.Key, keyOf(2)} {
		next := session.Record{Key: key, Data: []byte(`{"n":1}`), Expiry: old.Expiry}
		if err := s.Save(t.Context(), old, next); err != nil {
			t.Fatal(err)
		}
		if got := s.Recall(next); got != nil {
			t.Errorf("after a save under %s, %v is kept", key, got)
		}
		s.Remember(next, "decoded")
		old = next
	}
}
