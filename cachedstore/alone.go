package cachedstore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jamsession/jamsession/internal/cachevalue"
	"github.com/jamsession/jamsession/internal/panics"
	"github.com/jamsession/jamsession/internal/sessionkey"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

// An alone store keeps sessions in a cache, and nowhere else.
type alone struct {
	cache  Cache
	codec  session.Codec
	format cachevalue.Format
}

// NewAlone returns a store that keeps sessions in a cache and nowhere else: Django's
// engine cache, on caches that have no store of their own, which are those of
// sqlstore.NewCache and filestore.NewCache. The codec is that of session.Options,
// django.Pickled or django.CacheValues, if Django shares the cache; nil puts a header of
// ten bytes before the data, which Django cannot read. The caller keeps the cache: close
// the store first. The error says that the cache is nil.
//
// A session is lost when the cache loses it. A save replaces exactly what was loaded, and a
// logout puts a tombstone in its place for a minute, which no save in flight overwrites. A
// rotation takes two steps: the new record is created, and then the old one ends if it has
// not changed; in between, both keys are valid.
func NewAlone(cache Cache, codec session.Codec) (session.Store, error) {
	if cache == nil {
		return nil, errors.New("cachedstore: NewAlone: the cache is nil")
	}
	return &alone{cache, codec, cachevalue.For(codec)}, nil
}

// ended takes the place of a record that has ended. It is a pickled None, which Django
// takes for a miss.
const (
	ended     = none
	endedLife = time.Minute // longer than any save takes
)

// maxRounds is how often others may change a value, and its data not, before an operation
// gives up.
const maxRounds = 100

var errBusy = errors.New("cachedstore: gave up: other requests keep saving the record")

// Close implements [session.Store].
func (s *alone) Close() error { return nil }

// KeepsBytes implements [session.Store].
func (s *alone) KeepsBytes() bool { return true }

// Codec implements [session.Store].
func (s *alone) Codec() session.Codec { return s.codec }

// Load implements [session.Store]. The expiry of a record that Django wrote is not known:
// its Expiry is zero.
func (s *alone) Load(ctx context.Context, key string) (session.Record, error) {
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	_, rec, err := s.live(ctx, key)
	return rec, err
}

// live returns the value under a key, and the record in it. It also returns a value that
// cannot be read, with the error.
func (s *alone) live(ctx context.Context, key string) ([]byte, session.Record, error) {
	if !sessionkey.WellFormed(key) {
		return nil, session.Record{}, session.ErrNotFound
	}
	value, err := s.cache.Get(ctx, key)
	if err != nil {
		return nil, session.Record{}, err
	}
	if string(value) == ended {
		return nil, session.Record{}, session.ErrNotFound
	}
	data, expiry, err := s.format.Open(value)
	if err != nil {
		return value, session.Record{}, fmt.Errorf("cachedstore: %w", err)
	}
	if !expiry.IsZero() && !expiry.After(time.Now()) {
		return nil, session.Record{}, session.ErrNotFound
	}
	return value, session.Record{Key: key, Data: data, Expiry: expiry}, nil
}

// Create implements [session.Store]. It creates no record that has expired.
func (s *alone) Create(ctx context.Context, rec session.Record) error {
	if !sessionkey.WellFormed(rec.Key) {
		return fmt.Errorf("cachedstore: %w", sessionkey.ErrMalformed)
	}
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	ttl := time.Until(rec.Expiry)
	if ttl <= 0 {
		return s.createExpired(ctx, rec.Key)
	}
	return s.cache.Add(ctx, rec.Key, s.format.Seal(rec.Data, rec.Expiry), ttl)
}

// createExpired reports whether an expired record could have been created.
func (s *alone) createExpired(ctx context.Context, key string) error {
	_, _, err := s.live(ctx, key)
	switch {
	case err == nil:
		return session.ErrExists
	case errors.Is(err, session.ErrNotFound):
		return nil
	}
	return err
}

// Save implements [session.Store].
func (s *alone) Save(ctx context.Context, old, next session.Record) error {
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	if next.Key != old.Key {
		return s.move(ctx, old, next)
	}
	return s.replace(ctx, old, func(value []byte) error {
		if ttl := time.Until(next.Expiry); ttl > 0 {
			return s.cache.Swap(ctx, old.Key, value, s.format.Seal(next.Data, next.Expiry), ttl)
		}
		return s.end(ctx, old.Key, value)
	})
}

// replace calls a function that swaps the value of a record, again if only its expiry
// has changed meanwhile.
func (s *alone) replace(ctx context.Context, old session.Record, swap func(value []byte) error) error {
	for range maxRounds {
		value, err := s.compare(ctx, old)
		if err != nil {
			return err
		}
		if err = swap(value); !errors.Is(err, session.ErrConflict) {
			return err
		}
	}
	return errBusy
}

// compare returns the value of a record, if that still has the record's data.
func (s *alone) compare(ctx context.Context, old session.Record) ([]byte, error) {
	value, rec, err := s.live(ctx, old.Key)
	if err == nil && !bytes.Equal(rec.Data, old.Data) {
		err = session.ErrConflict
	}
	return value, err
}

// end puts a tombstone in the place of a value that was read.
func (s *alone) end(ctx context.Context, key string, value []byte) error {
	return s.cache.Swap(ctx, key, value, []byte(ended), endedLife)
}

// cleanUpTime is how long the clean-up of a failed move may take.
const cleanUpTime = 250 * time.Millisecond

// move makes the new record while it reads the old one, and then ends that. Nobody knows the new
// key yet; if there is a tombstone, the record had the key before, and somebody may know it:
// it waits there until the old one was seen to be alive.
func (s *alone) move(ctx context.Context, old, next session.Record) error {
	var value []byte
	made, err := panics.Both(
		func() error { return s.Create(ctx, next) },
		func() (err error) { value, err = s.compare(ctx, old); return err },
	)
	if err == nil && errors.Is(made, session.ErrExists) {
		made = s.revive(ctx, next)
	}
	if err == nil && made == nil {
		err = s.endMoved(ctx, old, value)
	}
	if err != nil && made == nil {
		// Nobody knows the new key yet, and if this fails, nobody ever will.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
		defer cancel()
		_ = s.cache.Delete(ctx, next.Key)
	}
	return cmp.Or(err, made)
}

// endMoved ends a record that was read, also if only its expiry has changed since.
func (s *alone) endMoved(ctx context.Context, old session.Record, value []byte) error {
	err := s.end(ctx, old.Key, value)
	if !errors.Is(err, session.ErrConflict) {
		return err
	}
	return s.replace(ctx, old, func(value []byte) error { return s.end(ctx, old.Key, value) })
}

// revive puts a record in the place of a tombstone: it moves back to a key that it had.
func (s *alone) revive(ctx context.Context, rec session.Record) error {
	value := s.format.Seal(rec.Data, rec.Expiry)
	err := s.cache.Swap(ctx, rec.Key, []byte(ended), value, time.Until(rec.Expiry))
	if errors.Is(err, session.ErrConflict) || errors.Is(err, session.ErrNotFound) {
		return session.ErrExists
	}
	return err
}

// Delete implements [session.Store]. A save in flight finds the tombstone.
func (s *alone) Delete(ctx context.Context, key string) error {
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	for range maxRounds {
		value, _, err := s.live(ctx, key)
		if err != nil && value == nil {
			return err
		}
		if err = s.end(ctx, key, value); !errors.Is(err, session.ErrConflict) {
			return err
		}
	}
	return errBusy
}

// ClearExpired implements [session.Store], if the cache does not drop what has expired by
// itself: see [Cache].
func (s *alone) ClearExpired(ctx context.Context, now time.Time) (int, error) {
	return clearCache(ctx, s.cache, now)
}

// clearCache removes what has expired from a cache that does not do so by itself.
func clearCache(ctx context.Context, cache Cache, now time.Time) (int, error) {
	if c, ok := cache.(interface {
		ClearExpired(ctx context.Context, now time.Time) (int, error)
	}); ok {
		return c.ClearExpired(ctx, now)
	}
	return 0, ctx.Err()
}
