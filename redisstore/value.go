package redisstore

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/session"
)

// A script cannot read a compressed value, and Lua of Redis has no JSON that keeps
// all numbers. So these operations read the value here, compare, and let a script
// replace exactly that value.

// maxRounds is how often the value may change, and its data not, before an operation
// gives up.
const maxRounds = 100

var errBusy = errors.New("redisstore: gave up: other requests keep saving the record")

// replaceValue is replaceData for any value.
func (s *store) replaceValue(ctx context.Context, old, next session.Record) error {
	for range maxRounds {
		value, data, err := s.live(ctx, "save", old.Key)
		if err == nil && !bytes.Equal(data, old.Data) {
			err = session.ErrConflict
		}
		if err != nil {
			return err
		}
		err = s.exchange(ctx, "save", old.Key, next.Key, value,
			s.opts.format().Seal(next.Data, next.Expiry), milliseconds(next.Expiry))
		if !errors.Is(err, session.ErrConflict) {
			return err
		}
	}
	return errBusy
}

// deleteValue is the deleteScript for any value.
func (s *store) deleteValue(ctx context.Context, key string) error {
	for range maxRounds {
		value, _, err := s.live(ctx, "delete", key)
		if err != nil && value == nil {
			return err
		}
		if err = s.exchange(ctx, "delete", key, key, value, nil, 0); !errors.Is(err, session.ErrConflict) {
			return err
		}
	}
	return errBusy
}

// live returns the value under a key, and its data, unless it has expired. It also returns
// a value that cannot be read, with the error.
func (s *store) live(ctx context.Context, doing, key string) (value, data []byte, err error) {
	value, err = s.getAlone(ctx, s.opts.name(key))
	if rueidis.IsRedisNil(err) {
		return nil, nil, session.ErrNotFound
	}
	var expiry time.Time
	if err == nil {
		data, expiry, err = s.opts.format().Open(value)
	}
	switch {
	case err != nil:
		return value, nil, wrap(ctx, doing, err)
	case !expiry.IsZero() && !expiry.After(time.Now()):
		return nil, nil, session.ErrNotFound
	}
	return value, data, nil
}

// exchange puts next in the place of value, for so many milliseconds, perhaps under
// another key; for none it deletes.
func (s *store) exchange(
	ctx context.Context, doing, from, to string, value, next []byte, ttl int64,
) error {
	keys := []string{s.opts.name(from)}
	if to != from {
		keys = append(keys, s.opts.name(to))
	}
	most := max(len(value), len(next))
	answer, err := swapScript.Exec(ctx, s.wires.with(most), keys, []string{
		rueidis.BinaryString(value), rueidis.BinaryString(next), strconv.FormatInt(ttl, 10),
	}).AsInt64()
	if err != nil {
		return s.wires.wrap(ctx, doing, most, err)
	}
	return told(doing, answer)
}
