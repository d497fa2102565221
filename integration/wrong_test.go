package integration

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jamsession/jamsession/session"
)

// A mistake is what a wrong store does.
type mistake int

const (
	nothing mistake = iota
	upserts
	checksFirst
	forgetsDeletes
	deletesNothing
	undoesDeletes
	leavesOldKey
	movesOver
	createsOver
	servesExpired
	savesExpired
	dropsSaves
	conflictsFalsely
	ignoresData
	servesStale
	mixesKeys
	createsInSteps
	clearsLive
)

var mistakes = map[mistake]string{
	upserts:          "Save creates what is not there",
	checksFirst:      "Save compares, and writes later",
	forgetsDeletes:   "Delete may do nothing",
	deletesNothing:   "Delete says that it has deleted what is not there",
	undoesDeletes:    "Save writes back what was deleted meanwhile",
	leavesOldKey:     "a move leaves the old key",
	movesOver:        "a move overwrites its target",
	createsOver:      "Create overwrites",
	servesExpired:    "Load serves what has expired",
	savesExpired:     "Save revives what has expired",
	dropsSaves:       "Save may do nothing",
	conflictsFalsely: "Save refuses and writes all the same",
	ignoresData:      "Save compares nothing",
	servesStale:      "Load serves what was there before",
	mixesKeys:        "Load serves another record",
	createsInSteps:   "Create looks, and writes later",
	clearsLive:       "ClearExpired clears what has not expired",
}

// A wrong store makes one mistake, some of them now and then only.
type wrong struct {
	mistake mistake
	mu      sync.Mutex
	records map[string]session.Record
	before  map[string]session.Record // what the last save replaced
}

func newWrong(m mistake) *wrong {
	return &wrong{
		mistake: m, records: make(map[string]session.Record), before: make(map[string]session.Record),
	}
}

// sometimes is whether a mistake is made now that is made now and then.
func (s *wrong) sometimes(m mistake) bool { return s.mistake == m && rand.IntN(4) == 0 }

// hesitate lets go of the lock for a moment, if m is the mistake.
func (s *wrong) hesitate(m mistake) {
	if s.mistake == m {
		s.mu.Unlock()
		time.Sleep(rand.N(200 * time.Microsecond))
		s.mu.Lock()
	}
}

func (s *wrong) live(key string) (session.Record, bool) {
	rec, ok := s.records[key]
	return rec, ok && rec.Expiry.After(time.Now())
}

func (s *wrong) Load(ctx context.Context, key string) (session.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rec, ok := s.live(key)
	if s.sometimes(servesStale) {
		if old, was := s.before[key]; was {
			return old, nil
		}
	}
	if s.sometimes(mixesKeys) {
		for _, other := range s.records {
			other.Key = key
			return other, nil
		}
	}
	if s.mistake == servesExpired && rec.Key != "" {
		ok = true
	}
	if !ok {
		return session.Record{}, session.ErrNotFound
	}
	return rec, ctx.Err()
}

func (s *wrong) Create(ctx context.Context, rec session.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.live(rec.Key); taken && s.mistake != createsOver {
		return session.ErrExists
	}
	s.hesitate(createsInSteps)
	s.records[rec.Key] = rec
	return ctx.Err()
}

func (s *wrong) Save(ctx context.Context, old, new session.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.compare(old, new); err != nil {
		return err
	}
	s.hesitate(checksFirst)
	if s.mistake == undoesDeletes {
		s.hesitate(undoesDeletes)
		if rec, ok := s.records[old.Key]; ok && string(rec.Data) != string(old.Data) {
			return session.ErrConflict
		}
	}
	if s.sometimes(dropsSaves) {
		return nil
	}
	if new.Key != old.Key && s.mistake != leavesOldKey {
		delete(s.records, old.Key)
	}
	if rec, ok := s.records[new.Key]; ok {
		s.before[new.Key] = rec
	}
	s.records[new.Key] = new
	if s.sometimes(conflictsFalsely) {
		return session.ErrConflict
	}
	return nil
}

// compare returns why old may not become new.
func (s *wrong) compare(old, new session.Record) error {
	rec, ok := s.live(old.Key)
	if s.mistake == savesExpired && rec.Key != "" {
		ok = true
	}
	if !ok && s.mistake != upserts {
		return session.ErrNotFound
	}
	if ok && string(rec.Data) != string(old.Data) && s.mistake != ignoresData {
		return session.ErrConflict
	}
	if _, taken := s.live(new.Key); taken && new.Key != old.Key && s.mistake != movesOver {
		return session.ErrExists
	}
	return nil
}

func (s *wrong) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.live(key); !ok && s.mistake != deletesNothing {
		return session.ErrNotFound
	}
	if !s.sometimes(forgetsDeletes) {
		delete(s.records, key)
	}
	return nil
}

func (*wrong) Close() error { return nil }

func (s *wrong) ClearExpired(_ context.Context, now time.Time) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mistake == servesExpired || s.mistake == savesExpired {
		return 0, nil // or there would be nothing to serve and revive
	}
	for key, rec := range s.records {
		if !rec.Expiry.After(now) || s.mistake == clearsLive && rand.IntN(20) == 0 {
			delete(s.records, key)
		}
	}
	return 0, nil
}
