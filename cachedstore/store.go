package cachedstore

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/jamsession/jamsession/internal/panics"
	"github.com/jamsession/jamsession/internal/recordkeys"
	"github.com/jamsession/jamsession/internal/sessionkey"
	"github.com/jamsession/jamsession/internal/sessionlist"
	"github.com/jamsession/jamsession/session"
)

// tombstoneLife is how long the place of a removed entry, or one that a reader
// has claimed, cannot be claimed.
const tombstoneLife = 30 * time.Second

// A store reads from a cache before it reads from a database.
type store struct {
	db    session.Store
	cache *shyCache
	left  leftKeys
	opts  Options
}

// New returns a store that keeps its records in db, and copies of loaded ones in
// cache. The caller keeps both: close the store first. Options may be nil. The
// error says that db or cache is nil, that db makes its keys itself, as the
// stores of package cookiestore do, or names the field that is wrong.
func New(db session.Store, cache Cache, o *Options) (session.Store, error) {
	if db == nil {
		return nil, errors.New("cachedstore: New: the database is nil")
	}
	if cache == nil {
		return nil, errors.New("cachedstore: New: the cache is nil")
	}
	if _, seals := db.(interface{ Issued(key string) bool }); seals {
		return nil, errors.New("cachedstore: New: the database makes its keys itself, " +
			"so there is nothing to cache")
	}
	opts := o.withDefaults()
	if err := opts.check(); err != nil {
		return nil, err
	}
	return &store{db: db, cache: newShyCache(cache, opts), opts: opts}, nil
}

// Close implements [session.Store]. It ends the attempts to place missing
// tombstones.
func (s *store) Close() error {
	s.cache.close()
	return nil
}

// Codec implements [session.Store].
func (s *store) Codec() session.Codec { return s.opts.Codec }

// KeepsBytes implements [session.Store]: it reports whether the database does.
func (s *store) KeepsBytes() bool {
	db, ok := s.db.(interface{ KeepsBytes() bool })
	return ok && db.KeepsBytes()
}

// Load implements [session.Store].
func (s *store) Load(ctx context.Context, key string) (session.Record, error) {
	if !sessionkey.WellFormed(key) {
		return s.db.Load(ctx, key)
	}
	value, state := s.cache.get(ctx, key)
	if state == found {
		rec, ours := parseEntry(key, value)
		switch {
		case ours && rec.Expiry.After(time.Now()):
			return rec, nil
		case isTombstone(value):
			state = unknown
		}
	}
	rec, err := s.db.Load(ctx, key)
	switch {
	case err == nil && state != unknown:
		s.fill(ctx, rec, value)
	case state == found && errors.Is(err, session.ErrNotFound):
		s.cache.bury(ctx, key) // so that Django does not serve it either
	}
	return rec, err
}

// Exist implements [session.Store] by asking the database, which has them all.
func (s *store) Exist(ctx context.Context, keys []string) ([]bool, error) {
	return recordkeys.Exist(ctx, s.db, keys)
}

// fill puts a record that was just found in the database into the cache, in
// place of a foreign value, or of none. It claims the place by a tombstone of its
// own, and then reads the database once more: whoever changes the session after
// that takes the tombstone away, and with it the place for what was read. A cache
// that has lost everything has lost the claim, too.
func (s *store) fill(ctx context.Context, rec session.Record, foreign []byte) {
	if _, _, ok := s.entry(rec); !ok {
		return
	}
	claim := s.cache.claim(ctx, rec.Key, foreign)
	if claim == nil {
		return
	}
	now, err := s.db.Load(ctx, rec.Key)
	if err != nil {
		return
	}
	if value, ttl, ok := s.entry(now); ok {
		s.cache.swap(ctx, rec.Key, claim, value, ttl)
	}
}

// entry returns the cache's value for rec, and for how long to keep it.
func (s *store) entry(rec session.Record) (value []byte, ttl time.Duration, ok bool) {
	ttl = min(s.opts.Lifetime, time.Until(rec.Expiry))
	if ttl <= 0 {
		return nil, 0, false
	}
	value, err := s.opts.entry(rec)
	if err != nil {
		s.cache.complain(err)
	}
	return value, ttl, err == nil && value != nil
}

// Create implements [session.Store]. The first Load fills the cache.
func (s *store) Create(ctx context.Context, rec session.Record) error {
	return s.db.Create(ctx, rec)
}

// Save implements [session.Store]. The entry gives way to a tombstone before the database
// changes, so that nobody is served it when somebody else has seen the change, and also if
// this process is killed. The new entry takes the place of the tombstone afterwards. If that
// is no longer there, a new one takes the place of any value: so the last writer of the
// database is also the last in the cache.
func (s *store) Save(ctx context.Context, old, new session.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !sessionkey.WellFormed(old.Key) {
		return s.db.Save(ctx, old, new)
	}
	if new.Key != old.Key {
		return s.move(ctx, old, new)
	}
	tombstone := s.takeAway(ctx, old)
	if err := s.db.Save(ctx, old, new); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // the session has changed even if the visitor has gone
	if !s.changed(ctx, tombstone, new) {
		// Another request has changed the cache. Its entry may be older than this
		// change: of two saves that change only the expiry, either may come first.
		s.cache.bury(ctx, old.Key)
	}
	return nil
}

// takeAway buries the entry of a record that is to be saved. It returns nil if this save
// must not put an entry in the place of the tombstone: if anything other than the record's
// entry was there, such as the tombstone of a logout, which may then have deleted the row by
// the time that the entry comes.
func (s *store) takeAway(ctx context.Context, rec session.Record) (tombstone []byte) {
	if value, _, ok := s.entry(rec); ok {
		tombstone = newTombstone()
		if s.cache.swap(ctx, rec.Key, value, tombstone, tombstoneLife) {
			return tombstone
		}
	}
	s.cache.bury(ctx, rec.Key)
	return nil
}

// changed puts the entry of a record that was saved in the place of the tombstone, and reports
// whether it did.
func (s *store) changed(ctx context.Context, tombstone []byte, rec session.Record) bool {
	value, ttl, ok := s.entry(rec)
	return ok && tombstone != nil && s.cache.swap(ctx, rec.Key, tombstone, value, ttl)
}

// move is Save under another key.
func (s *store) move(ctx context.Context, old, new session.Record) error {
	tombstone := s.cache.bury(ctx, old.Key)
	if err := s.db.Save(ctx, old, new); err != nil {
		return err
	}
	s.moved(context.WithoutCancel(ctx), old.Key, tombstone, new)
	return nil
}

// moved adds an entry under the new key of a record, since nobody knows that key yet, and looks
// at the same time whether the old one stays buried. A key that the record had before may be
// known, and have been changed by somebody; its first Load fills the cache.
func (s *store) moved(ctx context.Context, from string, tombstone []byte, rec session.Record) {
	known := s.left.has(rec.Key)
	s.left.add(from)
	added, _ := panics.Both(func() error {
		if value, ttl, ok := s.entry(rec); ok && !known {
			s.cache.add(ctx, rec.Key, value, ttl)
		}
		return nil
	}, func() error {
		s.stayBuried(ctx, from, tombstone)
		return nil
	})
	if added != nil {
		panics.Log(s.opts.Logger, "cachedstore: the entry of a session under a new key")(added)
	}
}

// stayBuried is for a tombstone that was put there before the database changed. If it is not there
// any more, since the cache has lost it, or another request has put its own in its place, a
// reader may have brought back what was there before.
func (s *store) stayBuried(ctx context.Context, key string, tombstone []byte) {
	if !s.cache.has(ctx, key, tombstone) {
		s.cache.bury(ctx, key)
	}
}

// Delete implements [session.Store]. It puts a tombstone before, so that nobody is served
// the entry if this process is killed, unless another request saves at the same time.
func (s *store) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !sessionkey.WellFormed(key) {
		return s.db.Delete(ctx, key)
	}
	tombstone := s.cache.bury(ctx, key)
	err := s.db.Delete(ctx, key)
	s.stayBuried(ctx, key, tombstone)
	return err
}

// ClearExpired implements [session.Store]. Entries of the cache expire with
// their records; a cache that keeps them is cleared, too, and does not count.
func (s *store) ClearExpired(ctx context.Context, now time.Time) (int, error) {
	n, err := s.db.ClearExpired(ctx, now)
	if _, cacheErr := clearCache(ctx, s.cache.cache, now); cacheErr != nil && ctx.Err() == nil {
		s.cache.complain(cacheErr)
	}
	return n, err
}

// List implements [session.Store] if the database does, and else yields
// errors.ErrUnsupported.
func (s *store) List(ctx context.Context) iter.Seq2[session.Record, error] {
	return session.List(ctx, s.db)
}

// ListAfter implements sessionlist.Lister.
func (s *store) ListAfter(ctx context.Context, key string) iter.Seq2[session.Record, error] {
	return sessionlist.After(ctx, s.db, key)
}

// isMiss reports whether an error of the cache is one of its answers, and not a
// failure.
func isMiss(err error) bool {
	return errors.Is(err, session.ErrNotFound) || errors.Is(err, session.ErrExists) ||
		errors.Is(err, session.ErrConflict)
}
