package memcachestore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/jamsession/jamsession/internal/panics"
	"github.com/jamsession/jamsession/internal/sessionkey"
	"github.com/jamsession/jamsession/session"
)

// tombstone takes the place of a record that has ended, so that a save that
// read the record before cannot write it again. It is a pickled None, which
// Django treats as a miss.
const (
	tombstone     = "\x80\x04N."
	tombstoneLife = time.Minute // longer than any save takes
)

// A store keeps sessions in Memcached, which cannot list its keys.
type store struct {
	client client
	opts   Options
}

// Open returns a store on one or more servers, each host:port or the path of a
// socket. Options may be nil. The error is one line that names the server that
// could not be reached.
func Open(ctx context.Context, servers []string, o *Options) (session.Store, error) {
	opts := o.withDefaults()
	c, err := dial(ctx, servers, &opts)
	if err != nil {
		return nil, err
	}
	return &store{c, opts}, nil
}

// Close implements [session.Store]. It closes the idle connections.
func (s *store) Close() error { return s.client.Close() }

// KeepsBytes implements [session.Store].
func (s *store) KeepsBytes() bool { return true }

// Codec implements [session.Store].
func (s *store) Codec() session.Codec { return s.opts.Codec }

// Load implements [session.Store]. The expiry of a record that Django wrote is
// not known: its Expiry is zero.
func (s *store) Load(ctx context.Context, key string) (session.Record, error) {
	if !sessionkey.WellFormed(key) {
		return session.Record{}, session.ErrNotFound
	}
	_, rec, err := s.live(ctx, "load", key)
	return rec, err
}

// record returns the record in an item, or ErrNotFound if it has ended.
func (s *store) record(key string, item *memcache.Item) (session.Record, error) {
	if string(item.Value) == tombstone {
		return session.Record{}, session.ErrNotFound
	}
	data, expiry, err := s.opts.format().Open(item.Value)
	if err != nil {
		return session.Record{}, fmt.Errorf("memcachestore: %w", err)
	}
	if !expiry.IsZero() && !expiry.After(time.Now()) {
		return session.Record{}, session.ErrNotFound
	}
	return session.Record{Key: key, Data: data, Expiry: expiry}, nil
}

// item returns the item to store for a record.
func (s *store) item(rec session.Record) *memcache.Item {
	value := s.opts.format().Seal(rec.Data, rec.Expiry)
	return &memcache.Item{
		Key:        s.opts.name(rec.Key),
		Value:      value,
		Flags:      s.opts.flags(value),
		Expiration: seconds(time.Until(rec.Expiry)),
	}
}

// Create implements [session.Store].
func (s *store) Create(ctx context.Context, rec session.Record) error {
	if !sessionkey.WellFormed(rec.Key) {
		return fmt.Errorf("memcachestore: %w", sessionkey.ErrMalformed)
	}
	if !rec.Expiry.After(time.Now()) {
		return s.createExpired(ctx, rec.Key)
	}
	item := s.item(rec)
	err := s.client.do(ctx, item.Key, func(mc *memcache.Client) error { return mc.Add(item) })
	if errors.Is(err, memcache.ErrNotStored) {
		return session.ErrExists
	}
	return wrap(ctx, "create", rec.Key, err)
}

// createExpired reports whether an expired record could have been created, and
// creates none.
func (s *store) createExpired(ctx context.Context, key string) error {
	_, err := s.Load(ctx, key)
	switch {
	case err == nil:
		return session.ErrExists
	case errors.Is(err, session.ErrNotFound):
		return nil
	}
	return err
}

// Save implements [session.Store].
func (s *store) Save(ctx context.Context, old, next session.Record) error {
	if !sessionkey.WellFormed(old.Key) {
		return session.ErrNotFound
	}
	if !sessionkey.WellFormed(next.Key) {
		return fmt.Errorf("memcachestore: %w", sessionkey.ErrMalformed)
	}
	if next.Key != old.Key {
		return s.move(ctx, old, next)
	}
	item, err := s.stored(ctx, old)
	if err != nil {
		return err
	}
	if next.Expiry.After(time.Now()) {
		return s.replace(ctx, "save", old.Key, item, s.item(next))
	}
	return s.end(ctx, "save", old.Key, item)
}

// stored returns the item of a record, if it still has the record's data.
func (s *store) stored(ctx context.Context, old session.Record) (*memcache.Item, error) {
	item, rec, err := s.live(ctx, "save", old.Key)
	if err == nil && !bytes.Equal(rec.Data, old.Data) {
		err = session.ErrConflict
	}
	return item, err
}

// live returns the item and the record under a key.
func (s *store) live(ctx context.Context, doing, key string) (*memcache.Item, session.Record, error) {
	item, err := s.client.get(ctx, s.opts.name(key))
	if errors.Is(err, memcache.ErrCacheMiss) {
		return nil, session.Record{}, session.ErrNotFound
	}
	if err != nil {
		return nil, session.Record{}, wrap(ctx, doing, key, err)
	}
	rec, err := s.record(key, item)
	return item, rec, err
}

// replace overwrites an item that was read, unless it has changed since.
func (s *store) replace(ctx context.Context, doing, key string, item, next *memcache.Item) error {
	item.Value, item.Flags, item.Expiration = next.Value, next.Flags, next.Expiration
	err := s.client.do(ctx, item.Key, func(mc *memcache.Client) error { return mc.CompareAndSwap(item) })
	switch {
	case errors.Is(err, memcache.ErrCASConflict):
		return s.whyConflict(ctx, key)
	case errors.Is(err, memcache.ErrCacheMiss):
		return session.ErrNotFound
	}
	return wrap(ctx, doing, key, err)
}

// whyConflict distinguishes a changed record from one that has ended.
func (s *store) whyConflict(ctx context.Context, key string) error {
	if _, err := s.Load(ctx, key); err != nil {
		return err
	}
	return session.ErrConflict
}

// end puts a tombstone in the place of an item that was read.
func (s *store) end(ctx context.Context, doing, key string, item *memcache.Item) error {
	return s.replace(ctx, doing, key, item, &memcache.Item{
		Value: []byte(tombstone), Flags: s.opts.flags([]byte(tombstone)), Expiration: seconds(tombstoneLife),
	})
}

// cleanUpTime is how long the clean-up of a failed move may take.
const cleanUpTime = 250 * time.Millisecond

// move makes the new record while it reads the old one, and then ends that. Nobody knows the new
// key yet; if there is a tombstone, the record had the key before, and somebody may know it:
// it waits there until the old one was seen to be alive.
func (s *store) move(ctx context.Context, old, next session.Record) error {
	var item *memcache.Item
	made, err := panics.Both(
		func() error { return s.Create(ctx, next) },
		func() (err error) { item, err = s.stored(ctx, old); return err },
	)
	if err == nil && errors.Is(made, session.ErrExists) {
		made = s.revive(ctx, next)
	}
	if err == nil && made == nil {
		err = s.end(ctx, "save", old.Key, item)
	}
	if err != nil && made == nil {
		// Nobody knows the new key yet, and if this fails, nobody ever will.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
		defer cancel()
		name := s.opts.name(next.Key)
		_ = s.client.do(ctx, name, func(mc *memcache.Client) error { return mc.Delete(name) })
	}
	return cmp.Or(err, made)
}

// revive puts a record in the place of a tombstone: it moves back to a key that it had.
func (s *store) revive(ctx context.Context, rec session.Record) error {
	item, err := s.client.get(ctx, s.opts.name(rec.Key))
	if err != nil {
		return wrap(ctx, "save", rec.Key, err)
	}
	if string(item.Value) != tombstone {
		return session.ErrExists
	}
	return s.replace(ctx, "save", rec.Key, item, s.item(rec))
}

// maxDeletes is how many concurrent saves make a deletion give up. Each of them
// needs its own load, so that they come one after another.
const maxDeletes = 100

// Delete implements [session.Store]. It reads the record and puts a tombstone in
// its place: a plain delete would mistake the tombstone of a record that was
// moved for the record, and report a logout that did not happen.
func (s *store) Delete(ctx context.Context, key string) error {
	if !sessionkey.WellFormed(key) {
		return session.ErrNotFound
	}
	for range maxDeletes {
		item, _, err := s.live(ctx, "delete", key)
		if item == nil || errors.Is(err, session.ErrNotFound) {
			return err
		}
		if err = s.end(ctx, "delete", key, item); !errors.Is(err, session.ErrConflict) {
			return err
		}
	}
	return errBusy
}

var errBusy = errors.New("memcachestore: delete: gave up: other requests keep saving the record")

// ClearExpired implements [session.Store]. Memcached removes them by itself.
func (s *store) ClearExpired(ctx context.Context, _ time.Time) (int, error) { return 0, ctx.Err() }
