package filestore

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/big"
	"strings"
	"time"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/internal/cachevalue"
	"github.com/jamsession/jamsession/internal/pickle"
	"github.com/jamsession/jamsession/internal/sessionkey"
	"github.com/jamsession/jamsession/internal/zlibs"
	"github.com/jamsession/jamsession/session"
)

// A cache is a folder of Django's FileBasedCache. Its files are written, locked and
// trusted as those of a store.
type cache struct {
	files   *store
	prefix  string
	keyFunc func(key string) string
}

// suffix ends the names of the files. Django looks at no others.
const suffix = ".djcache"

// NewCache returns the cache of Django's FileBasedCache in a folder, for package
// cachedstore: as the engine cache by cachedstore.NewAlone, or in front of a table. The
// name of a file is the hash of a key, for which Options.Prefix is django.CacheKey of
// KEY_PREFIX, VERSION and django.EngineCache or django.EngineCachedDB; empty is
// "jamsession:". MaxAge and Codec have no effect. What the package says of the folder and
// of other users holds here, too, and so does its promise about Django, which takes no
// locks. Options may be nil. The error says what is wrong with the folder, or names the
// field.
//
// Django deletes entries at random, of users who are logged in, too, when there are more
// than its option MAX_ENTRIES, which is 300: raise it. This package deletes only what has
// expired.
func NewCache(dir string, o *Options) (cachedstore.Cache, error) {
	opts := Options{}
	if o != nil {
		opts = *o
	}
	c := &cache{prefix: opts.Prefix, keyFunc: opts.KeyFunc}
	if c.prefix == "" {
		c.prefix = "jamsession:"
	}
	err := sessionkey.CheckNames(c.keyFunc)
	if err != nil {
		return nil, fmt.Errorf("filestore: Options.KeyFunc %w", err)
	}
	opts.Prefix, opts.Codec, opts.MaxAge = "djcache", nil, 0
	if c.files, err = newStore(dir, &opts); err != nil {
		return nil, err
	}
	c.files.savedAt = func([]byte, time.Time) time.Time { return time.Now() }
	c.files.opts.Prefix = "" // of the files; their locks have a name now
	return c, nil
}

// Close implements [cachedstore.Cache].
func (c *cache) Close() error { return c.files.Close() }

// file returns the name of the file of a key.
func (c *cache) file(key string) string {
	sum := md5.Sum([]byte(sessionkey.Name(c.prefix, c.keyFunc, key)))
	return hex.EncodeToString(sum[:]) + suffix
}

// Get implements [cachedstore.Cache].
func (c *cache) Get(ctx context.Context, key string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	name := c.file(key)
	value, _, err := c.live(name)
	return value, c.files.hide("get", name, err)
}

// live returns the value in a file, and the whole file.
func (c *cache) live(name string) (value, content []byte, err error) {
	content, _, err = c.files.readFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, session.ErrNotFound
	}
	if err != nil {
		return nil, nil, err
	}
	value, end, err := openFileValue(content)
	switch {
	case errors.Is(err, session.ErrTooLarge):
		return nil, nil, err
	case err != nil, !end.After(time.Now()):
		return nil, nil, session.ErrNotFound // also to Django, or damaged
	}
	return value, content, nil
}

// never is the end of an entry of Django's that has none.
var never = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// openFileValue reads a file of Django's: a pickle of the time at which it ends, and behind it
// the value, compressed. What Django has just begun to write has ended.
func openFileValue(content []byte) (value []byte, end time.Time, err error) {
	if len(content) == 0 {
		return nil, time.Time{}, nil
	}
	v, rest, err := pickle.Cut(content)
	if err == nil {
		end, err = endOf(v)
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	value, err = zlibs.Decompress(rest, cachevalue.MaxSize)
	return value, end, err
}

// endOf returns the time that Python's time.time would have then.
func endOf(v pickle.Value) (time.Time, error) {
	switch v := v.(type) {
	case nil:
		return never, nil
	case int64:
		return endOf(float64(v))
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		return endOf(f)
	case float64:
		if math.IsNaN(v) || v > float64(never.Unix()) {
			return never, nil
		}
		return time.UnixMicro(int64(max(v, 0) * 1e6)), nil
	}
	return time.Time{}, fmt.Errorf("the end of an entry is a %s", pickle.TypeName(v))
}

// sealFileValue returns the file for a value that ends then.
func sealFileValue(value []byte, ends time.Time) ([]byte, error) {
	end := float64(ends.UnixMicro()) / 1e6
	content := binary.BigEndian.AppendUint64([]byte("\x80\x04G"), math.Float64bits(end))
	packed, err := zlibs.Compress(value)
	return append(append(content, '.'), packed...), err
}

// entry returns what the functions of a store write. The time of change says nothing
// here; it is that of writing.
func (c *cache) entry(name string, value []byte, ttl time.Duration) (session.Record, error) {
	ends := time.Now().Add(ttl)
	content, err := sealFileValue(value, ends)
	return session.Record{Key: name, Data: content, Expiry: ends}, err
}

// Set implements [cachedstore.Cache].
func (c *cache) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	name := c.file(key)
	rec, err := c.entry(name, value, ttl)
	if err != nil {
		return err
	}
	return c.files.locked(ctx, "set", name, name, func() error {
		if err := c.files.writeOver(name, rec); err != nil {
			return err
		}
		return c.files.flushFolder()
	})
}

// Add implements [cachedstore.Cache].
func (c *cache) Add(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	name := c.file(key)
	rec, err := c.entry(name, value, ttl)
	if err != nil {
		return err
	}
	return c.files.locked(ctx, "add", name, name, func() error {
		if _, _, err := c.live(name); !errors.Is(err, session.ErrNotFound) {
			if err == nil {
				err = session.ErrExists
			}
			return err
		}
		if err := c.files.removeExpired(name); err != nil {
			return err
		}
		return c.files.writeNew(rec)
	})
}

// Swap implements [cachedstore.Cache].
func (c *cache) Swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) error {
	name := c.file(key)
	rec, err := c.entry(name, value, ttl)
	if err != nil {
		return err
	}
	return c.files.locked(ctx, "swap", name, name, func() error {
		found, content, err := c.live(name)
		if err == nil && !bytes.Equal(found, old) {
			err = session.ErrConflict
		}
		if err != nil {
			return err
		}
		return c.files.replaceFile(name, content, rec)
	})
}

// Delete implements [cachedstore.Cache].
func (c *cache) Delete(ctx context.Context, key string) error {
	name := c.file(key)
	return c.files.locked(ctx, "delete", name, name, func() error { return c.files.remove(name) })
}

// ClearExpired is for [cachedstore.Cache]: Django removes what has expired only when it
// reads it. It also removes the leftovers of processes that died.
func (c *cache) ClearExpired(ctx context.Context, now time.Time) (int, error) {
	files := clearing{s: c.files, now: now}
	files.isEntry = func(name string) bool { return strings.HasSuffix(name, suffix) }
	files.hasExpired = func(name string, info fs.FileInfo) bool {
		if files.promises(info) {
			return false
		}
		content, saved, err := c.files.readFile(name) // Get reports a file that cannot be read
		if err != nil || !saved.Equal(info.ModTime()) {
			return false
		}
		_, end, err := openFileValue(content)
		return err == nil && !end.After(now)
	}
	return files.run(ctx)
}
