package sessiontest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/recordkeys"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

func TestRunAcceptsMemstore(t *testing.T) {
	Run(t, func(*testing.T) session.Store { return memstore.New() })
}

// TestKitNoticesBrokenStores runs the kit against stores that each break one
// sentence of the contract, and fails if no case complains, or if the case
// that is made for it does not.
func TestKitNoticesBrokenStores(t *testing.T) {
	for _, b := range brokenStores {
		t.Run(b.name, func(t *testing.T) {
			noticed := 0
			for _, c := range allCases() {
				err := check(t.Context(), c, b.open())
				if err != nil {
					noticed++
				}
				if err == nil && c.name == b.noticedBy {
					t.Errorf("case %s did not notice", c.name)
				}
			}
			if noticed == 0 {
				t.Error("no case noticed")
			}
		})
	}
}

// TestBrokenStoresNameRealCases guards the table itself.
func TestBrokenStoresNameRealCases(t *testing.T) {
	for _, b := range brokenStores {
		if !slices.ContainsFunc(allCases(), func(c contractCase) bool { return c.name == b.noticedBy }) {
			t.Errorf("%s: there is no case %s", b.name, b.noticedBy)
		}
	}
}

type store = session.Store

var brokenStores = []struct {
	name      string
	noticedBy string
	open      func() session.Store
}{
	{"overwrites on create", "CreateOfTaken", func() store { return overwrites{memstore.New()} }},
	{"resurrects on save", "SaveOfDeleted", func() store { return resurrects{memstore.New()} }},
	{"upserts", "SaveOfNothing", func() store { return resurrects{memstore.New()} }},
	{"ignores old", "SaveOfChanged", func() store { return lastWins{memstore.New()} }},
	{"compares in two steps", "RaceOfSaves", func() store { return twoSteps{memstore.New()} }},
	{"moves in two steps", "RaceOfMoves", func() store { return twoStepMove{memstore.New()} }},
	{"leaves the old key after a move", "Move", func() store { return copies{memstore.New()} }},
	{"overwrites on move", "MoveToTaken", func() store { return moveOverwrites{memstore.New()} }},
	{"reuses its buffer", "DataIsImmutable", func() store { return newReuses() }},
	{"returns expired", "LoadOfExpired", func() store { return newReturnsExpired() }},
	{"saves expired", "SaveOfExpired", func() store { return savesExpired{newReturnsExpired()} }},
	{"drops the new expiry", "SaveOfExpiryOnly", func() store { return dropsExpiry{memstore.New()} }},
	{"calls an unchanged save lost", "SaveWithoutChange", func() store { return countsChanged{memstore.New()} }},
	{"ignores case of keys", "KeysAreComparedByteForByte", func() store { return foldsCase{memstore.New()} }},
	{"deletes nothing with success", "DeleteOfNothing", func() store { return mildDelete{memstore.New()} }},
	{"deletes what has moved", "DeleteOfMoved", func() store { return mildDelete{memstore.New()} }},
	{"deletes what has expired", "DeleteOfExpired", func() store { return mildDelete{memstore.New()} }},
	{"compares before it deletes", "DeleteOfChanged", func() store { return newComparingDelete() }},
	{"deletes in two steps", "RaceOfDeletes", func() store { return lookThenDelete{memstore.New()} }},
	{"deletes what is moving", "RaceOfMoveAndDelete", func() store { return mildDelete{memstore.New()} }},
	{"sends a deletion again", "RaceOfDeleteAndItsContext", func() store { return deletesAgain{memstore.New()} }},
	{"clears the living", "ClearExpired", func() store { return clearsAll{memstore.New()} }},
	{"swallows errors", "ContextDone", func() store { return swallows{memstore.New()} }},
	{"shows the key in an error", "ErrorsShowNoSecret", func() store { return leaks{memstore.New()} }},
	{"trims data", "DataIsKeptByteForByte", func() store { return trims{memstore.New()} }},
	{"changes line ends", "TextIsKept", func() store { return unixLines{memstore.New()} }},
	{"keeps text and calls it bytes", "BytesAreKept", func() store { return textOnly{memstore.New()} }},
	{"forgets whom it was asked for", "Exist", func() store { return shuffled{memstore.New()} }},
	{"lists without order", "List", func() store { return unordered{memstore.New()} }},
}

type overwrites struct{ session.Store }

func (s overwrites) Create(ctx context.Context, rec session.Record) error {
	_ = s.Store.Delete(ctx, rec.Key)
	return s.Store.Create(ctx, rec)
}

type resurrects struct{ session.Store }

func (s resurrects) Save(ctx context.Context, old, new session.Record) error {
	err := s.Store.Save(ctx, old, new)
	if errors.Is(err, session.ErrNotFound) {
		return s.Store.Create(ctx, new)
	}
	return err
}

type lastWins struct{ session.Store }

func (s lastWins) Save(ctx context.Context, old, new session.Record) error {
	stored, err := s.Load(ctx, old.Key)
	if err != nil {
		return err
	}
	return s.Store.Save(ctx, stored, new)
}

type twoSteps struct{ session.Store }

func (s twoSteps) Save(ctx context.Context, old, new session.Record) error {
	stored, err := s.Load(ctx, old.Key)
	if err != nil {
		return err
	}
	if !bytes.Equal(stored.Data, old.Data) {
		return session.ErrConflict
	}
	runtime.Gosched()
	return lastWins(s).Save(ctx, old, new)
}

type twoStepMove struct{ session.Store }

func (s twoStepMove) Save(ctx context.Context, old, new session.Record) error {
	if new.Key == old.Key {
		return s.Store.Save(ctx, old, new)
	}
	if err := s.Store.Save(ctx, old, old); err != nil {
		return err
	}
	runtime.Gosched()
	if err := s.Create(ctx, new); err != nil {
		return err
	}
	return s.Delete(ctx, old.Key)
}

type copies struct{ session.Store }

func (s copies) Save(ctx context.Context, old, new session.Record) error {
	if new.Key == old.Key {
		return s.Store.Save(ctx, old, new)
	}
	if err := s.Store.Save(ctx, old, old); err != nil {
		return err
	}
	return s.Create(ctx, new)
}

type moveOverwrites struct{ session.Store }

func (s moveOverwrites) Save(ctx context.Context, old, new session.Record) error {
	if new.Key != old.Key {
		_ = s.Delete(ctx, new.Key)
	}
	return s.Store.Save(ctx, old, new)
}

// reuses writes new data into the buffer that it has handed out.
type reuses struct {
	session.Store
	mu  sync.Mutex
	buf map[string][]byte
}

func newReuses() *reuses {
	return &reuses{Store: memstore.New(), buf: make(map[string][]byte)}
}

func (s *reuses) Create(ctx context.Context, rec session.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rec.Data = slices.Clone(rec.Data)
	err := s.Store.Create(ctx, rec)
	if err == nil {
		s.buf[rec.Key] = rec.Data
	}
	return err
}

func (s *reuses) Save(ctx context.Context, old, new session.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old.Data = slices.Clone(old.Data)
	err := s.Store.Save(ctx, old, new)
	if buf := s.buf[old.Key]; err == nil && len(buf) == len(new.Data) {
		copy(buf, new.Data)
	}
	return err
}

// returnsExpired keeps expiries to itself.
type returnsExpired struct {
	session.Store
	expiry *sync.Map
}

func newReturnsExpired() returnsExpired {
	return returnsExpired{memstore.New(), new(sync.Map)}
}

func (s returnsExpired) hide(rec session.Record) session.Record {
	s.expiry.Store(rec.Key, rec.Expiry)
	rec.Expiry = in(time.Hour)
	return rec
}

func (s returnsExpired) Load(ctx context.Context, key string) (session.Record, error) {
	rec, err := s.Store.Load(ctx, key)
	if expiry, ok := s.expiry.Load(key); ok && err == nil {
		rec.Expiry = expiry.(time.Time)
	}
	return rec, err
}

func (s returnsExpired) Create(ctx context.Context, rec session.Record) error {
	return s.Store.Create(ctx, s.hide(rec))
}

func (s returnsExpired) Save(ctx context.Context, old, new session.Record) error {
	return s.Store.Save(ctx, old, s.hide(new))
}

// savesExpired hides expired records from Load only.
type savesExpired struct{ returnsExpired }

func (s savesExpired) Load(ctx context.Context, key string) (session.Record, error) {
	rec, err := s.returnsExpired.Load(ctx, key)
	if err == nil && !rec.Expiry.After(time.Now()) {
		return session.Record{}, session.ErrNotFound
	}
	return rec, err
}

type dropsExpiry struct{ session.Store }

func (s dropsExpiry) Save(ctx context.Context, old, new session.Record) error {
	if stored, err := s.Load(ctx, old.Key); err == nil {
		new.Expiry = stored.Expiry
	}
	return s.Store.Save(ctx, old, new)
}

// countsChanged is MySQL without clientFoundRows.
type countsChanged struct{ session.Store }

func (s countsChanged) Save(ctx context.Context, old, new session.Record) error {
	if old.Key == new.Key && bytes.Equal(old.Data, new.Data) && old.Expiry.Equal(new.Expiry) {
		return session.ErrNotFound
	}
	return s.Store.Save(ctx, old, new)
}

type foldsCase struct{ session.Store }

func (s foldsCase) Load(ctx context.Context, key string) (session.Record, error) {
	return s.Store.Load(ctx, strings.ToLower(key))
}

type mildDelete struct{ session.Store }

func (s mildDelete) Delete(ctx context.Context, key string) error {
	err := s.Store.Delete(ctx, key)
	if errors.Is(err, session.ErrNotFound) {
		return nil
	}
	return err
}

// comparingDelete deletes only what is still what was created.
type comparingDelete struct {
	session.Store
	created *sync.Map
}

func newComparingDelete() comparingDelete { return comparingDelete{memstore.New(), new(sync.Map)} }

func (s comparingDelete) Create(ctx context.Context, rec session.Record) error {
	s.created.Store(rec.Key, rec)
	return s.Store.Create(ctx, rec)
}

func (s comparingDelete) Delete(ctx context.Context, key string) error {
	rec, err := s.Load(ctx, key)
	if first, ok := s.created.Load(key); err == nil && ok && !bytes.Equal(first.(session.Record).Data, rec.Data) {
		return session.ErrConflict
	}
	return s.Store.Delete(ctx, key)
}

type lookThenDelete struct{ session.Store }

func (s lookThenDelete) Delete(ctx context.Context, key string) error {
	if _, err := s.Load(ctx, key); err != nil {
		return err
	}
	runtime.Gosched()
	return mildDelete(s).Delete(ctx, key)
}

// deletesAgain sends a deletion again whose answer it did not wait for.
type deletesAgain struct{ session.Store }

func (s deletesAgain) Delete(ctx context.Context, key string) error {
	err := s.Store.Delete(context.WithoutCancel(ctx), key)
	select {
	case <-ctx.Done():
		return s.Store.Delete(context.WithoutCancel(ctx), key)
	case <-time.After(time.Millisecond): // the answer has come
		return err
	}
}

type clearsAll struct{ session.Store }

func (s clearsAll) ClearExpired(ctx context.Context, now time.Time) (int, error) {
	return s.Store.ClearExpired(ctx, now.Add(24*time.Hour))
}

type swallows struct{ session.Store }

func (s swallows) Load(ctx context.Context, key string) (session.Record, error) {
	rec, err := s.Store.Load(ctx, key)
	if err != nil {
		return rec, session.ErrNotFound
	}
	return rec, nil
}

type leaks struct{ session.Store }

func (s leaks) Create(ctx context.Context, rec session.Record) error {
	if err := s.Store.Create(ctx, rec); err != nil {
		return fmt.Errorf("create %s: %w", rec.Key, err)
	}
	return nil
}

type trims struct{ session.Store }

func (s trims) Load(ctx context.Context, key string) (session.Record, error) {
	rec, err := s.Store.Load(ctx, key)
	rec.Data = bytes.TrimSpace(rec.Data)
	return rec, err
}

type unixLines struct{ session.Store }

func (s unixLines) Load(ctx context.Context, key string) (session.Record, error) {
	rec, err := s.Store.Load(ctx, key)
	rec.Data = bytes.ReplaceAll(rec.Data, []byte("\r"), nil)
	return rec, err
}

type textOnly struct{ session.Store }

func (textOnly) KeepsBytes() bool { return true }

func (s textOnly) Load(ctx context.Context, key string) (session.Record, error) {
	rec, err := s.Store.Load(ctx, key)
	rec.Data = bytes.ToValidUTF8(rec.Data, []byte("?"))
	return rec, err
}

type shuffled struct{ session.Store }

func (s shuffled) Exist(ctx context.Context, keys []string) ([]bool, error) {
	found, err := recordkeys.Exist(ctx, s.Store, keys)
	slices.Reverse(found)
	return found, err
}

type unordered struct{ session.Store }

func (s unordered) List(ctx context.Context) iter.Seq2[session.Record, error] {
	return func(yield func(session.Record, error) bool) {
		var all []session.Record
		for rec, err := range session.List(ctx, s.Store) {
			if err != nil {
				yield(rec, err)
				return
			}
			all = append(all, rec)
		}
		for _, rec := range slices.Backward(all) {
			if !yield(rec, nil) {
				return
			}
		}
	}
}
