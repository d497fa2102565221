package integration

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/jamsession/jamsession/session"
)

// A history notes what clients ask of a store and what they are told.
type history struct {
	store session.Store
	begin time.Time
	sets  []*keyset
	last  atomic.Int64 // the number of the newest record

	mu  sync.Mutex
	ops []porcupine.Operation
}

// A keyset is a few keys that records move between.
type keyset struct {
	id   int
	keys [names]string

	// expiring: some records live for moments only. Else some calls may be
	// given up early. Not both; see never.
	expiring bool

	mu    sync.Mutex
	used  int   // keys from here on are new
	known []int // to all clients
}

// shared is how many keys of a set all clients use from the beginning. The
// others are new ones that records are moved to.
const shared = 3

func newHistory(store session.Store, expiring ...bool) *history {
	h := &history{store: store, begin: time.Now()}
	for id, expiring := range expiring {
		set := &keyset{id: id, expiring: expiring}
		for i := range set.keys {
			set.keys[i] = newKey()
		}
		for range shared {
			set.tell(set.fresh())
		}
		h.sets = append(h.sets, set)
	}
	return h
}

// fresh returns a key that nobody knows, or -1 if there is none left.
func (s *keyset) fresh() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used == names {
		return -1
	}
	s.used++
	return s.used - 1
}

// tell lets all clients know of a key.
func (s *keyset) tell(key int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = append(s.known, key)
}

// pick returns a key that is known, preferably a late one.
func (s *keyset) pick(r *rand.Rand) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[max(r.IntN(len(s.known)), r.IntN(len(s.known)))]
}

// micros is the wall clock, without its jumps.
func (h *history) micros(since time.Duration) int64 {
	return h.begin.UnixMicro() + since.Microseconds()
}

// record runs a call and notes it. Its error is one that says nothing of the
// record. A load that was not answered is not noted.
func (h *history) record(client int, in call, ask func() (answer, error)) (answer, error) {
	since := time.Since(h.begin)
	in.from = h.micros(since)
	out, err := ask()
	until := time.Since(h.begin)
	in.until = h.micros(until)
	op := porcupine.Operation{ClientId: client, Call: int64(since), Return: int64(until)}
	if out.verdict == unknown {
		op.Return, in.until = never, never
	}
	if out.verdict == unknown && in.method == load {
		return out, err
	}
	op.Input, op.Output = in, out
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, op)
	return out, err
}

// judge turns an error into a verdict, and keeps those that say nothing of
// the record.
func judge(err error) (verdict, error) {
	switch {
	case err == nil:
		return done, nil
	case errors.Is(err, session.ErrNotFound):
		return notFound, nil
	case errors.Is(err, session.ErrConflict):
		return conflict, nil
	case errors.Is(err, session.ErrExists):
		return exists, nil
	}
	return unknown, err
}

func (v version) record(key string) session.Record {
	return session.Record{
		Key: key, Data: fmt.Appendf(nil, `{"n":%d}`, v.n), Expiry: time.UnixMicro(v.expiry).UTC(),
	}
}

// parse returns the version that a record is. It is -1, which nobody wrote,
// if the record is damaged or another's.
func parse(key string, rec session.Record) version {
	text, _ := strings.CutPrefix(string(rec.Data), `{"n":`)
	n, err := strconv.Atoi(strings.TrimSuffix(text, "}"))
	if err != nil || rec.Key != key {
		return version{n: -1}
	}
	v := version{n: n}
	if !rec.Expiry.IsZero() {
		v.expiry = rec.Expiry.UnixMicro()
	}
	return v
}

// do makes a call of the store.
func (h *history) do(ctx context.Context, client int, in call) (answer, error) {
	keys := &h.sets[in.set].keys
	return h.record(client, in, func() (out answer, err error) {
		switch key := keys[in.key]; in.method {
		case load:
			var rec session.Record
			rec, err = h.store.Load(ctx, key)
			out.got = parse(key, rec)
		case create:
			err = h.store.Create(ctx, in.new.record(key))
		case save, move:
			err = h.store.Save(ctx, in.old.record(key), in.new.record(keys[in.to]))
		case remove:
			err = h.store.Delete(ctx, key)
		}
		out.verdict, err = judge(err)
		return out, err
	})
}

// loadAll asks once more for each key that clients know of.
func (h *history) loadAll(ctx context.Context) error {
	for _, set := range h.sets {
		for _, key := range set.known {
			if _, err := h.do(ctx, 0, call{method: load, set: set.id, key: key}); err != nil {
				return err
			}
		}
	}
	return nil
}

// check returns nil if some order of the calls explains all answers.
func (h *history) check(e engine) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	model := contract{
		slack: (e.tick + 2*time.Millisecond).Microseconds(), tombstones: e.stepMoves,
	}.model()
	result, info := porcupine.CheckOperationsVerbose(model, h.ops, 20*time.Second)
	switch result {
	case porcupine.Ok:
		return nil
	case porcupine.Unknown:
		return fmt.Errorf("%d calls are too many to be checked", len(h.ops))
	}
	var text strings.Builder
	for set, orders := range info.PartialLinearizationsOperations() {
		orders = append(orders, nil)
		longest := slices.MaxFunc(orders, func(a, b []porcupine.Operation) int { return cmp.Compare(len(a), len(b)) })
		ops := bySet(h.ops)[set]
		if len(longest) == len(ops) {
			continue
		}
		fmt.Fprintf(&text, "no order of these calls explains the answers:\n%s", table(ops))
		fmt.Fprintf(&text, "the longest order that does:\n%s", lines(longest))
		fmt.Fprintf(&text, "the first to return that is not in it:\n%s", lines(firstMissing(ops, longest)))
	}
	return errors.New(text.String())
}

// firstMissing is the call of ops that returned first of those not in order.
func firstMissing(ops, order []porcupine.Operation) []porcupine.Operation {
	missing := slices.DeleteFunc(slices.Clone(ops), func(op porcupine.Operation) bool { return slices.Contains(order, op) })
	return []porcupine.Operation{
		slices.MinFunc(missing, func(a, b porcupine.Operation) int { return cmp.Compare(a.Return, b.Return) }),
	}
}

// table prints calls in the order of their beginnings.
func table(ops []porcupine.Operation) string {
	slices.SortFunc(ops, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	return lines(ops)
}

func lines(ops []porcupine.Operation) string {
	var text strings.Builder
	for _, op := range ops {
		end := "never"
		if op.Return != never {
			end = fmt.Sprint(op.Return / 1000)
		}
		fmt.Fprintf(&text, "%8d-%-8s client %d  %s\n", op.Call/1000, end, op.ClientId,
			describe(op.Input.(call), op.Output.(answer)))
	}
	return text.String()
}
