package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/sessionkey"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

// CacheOptions configure a cache in a table.
type CacheOptions struct {
	// Prefix is put before the session's key to form the key of an entry. For Django it
	// is django.CacheKey of KEY_PREFIX, VERSION and django.EngineCache, or
	// django.EngineCachedDB for a cache in front of a table. Empty is "jamsession:".
	Prefix string

	// KeyFunc returns the key of an entry for a session's key, in place of Prefix. It is
	// for a KEY_FUNCTION of Django's that does not keep the key at its end. Nil puts
	// Prefix before the key.
	KeyFunc func(key string) string
}

func (o *CacheOptions) withDefaults() CacheOptions {
	var c CacheOptions
	if o != nil {
		c = *o
	}
	if c.Prefix == "" {
		c.Prefix = "jamsession:"
	}
	return c
}

func (o *CacheOptions) name(key string) string {
	return sessionkey.Name(o.Prefix, o.KeyFunc, key)
}

// A cache is a table of Django's DatabaseCache.
type cache struct {
	db     djangodb.DB
	opts   CacheOptions
	packet *djangodb.Packet

	get, exists                        *djangodb.Stmt
	insert, set, take, swap, del, tidy *djangodb.Stmt
}

// NewCache returns the cache of Django's DatabaseCache in a table that "manage.py
// createcachetable" has made, for package cachedstore: as the engine cache by
// cachedstore.NewAlone, or in front of another table. The caller keeps the pools: close the
// cache, which releases its statements, then the pools. Options may be nil. The error says
// what is wrong with the table, or names the option.
//
// Django deletes entries, of users who are logged in, too, when there are more than its
// option MAX_ENTRIES, which is 300: raise it. This package deletes only what has expired.
func NewCache(
	ctx context.Context, db django.Database, table string, o *CacheOptions,
) (cachedstore.Cache, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	c := &cache{opts: o.withDefaults()}
	var err error
	if c.db, err = djangodb.New(db); err != nil {
		return nil, fmt.Errorf("sqlstore: %w", err)
	}
	if err = sessionkey.CheckNames(c.opts.KeyFunc); err != nil {
		return nil, fmt.Errorf("sqlstore: CacheOptions.KeyFunc %w", err)
	}
	if len(c.opts.name(strings.Repeat("0", sessionkey.MaxLength))) > maxCacheKey {
		return nil, errors.New("sqlstore: NewCache: the keys are longer than Django's 250 characters")
	}
	name, err := c.db.Dialect.TableName(table)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: the table's name: %w", err)
	}
	if err := c.check(ctx, name); err != nil {
		return nil, wrap(ctx, "open", err)
	}
	if c.packet, err = c.db.NewPacket(ctx); err != nil {
		return nil, wrap(ctx, "open", err)
	}
	if err := c.prepare(ctx, name); err != nil {
		return nil, wrap(ctx, "prepare", errors.Join(err, c.Close()))
	}
	return c, nil
}

const maxCacheKey = 250 // the column has 255

// check looks at the table.
func (c *cache) check(ctx context.Context, table djangodb.TableName) error {
	fields, err := c.db.Fields(ctx, table)
	if err != nil {
		return err
	}
	if len(fields) == 0 {
		return noCacheTable{table.String()}
	}
	for _, name := range []string{"cache_key", "value", "expires"} {
		if !slices.ContainsFunc(fields, func(f djangodb.Field) bool {
			return strings.EqualFold(f.Name, name)
		}) {
			return fmt.Errorf("table %s has no column %s, so it is not one of Django's cache", table, name)
		}
	}
	if !c.db.Dialect.CountsFoundRows() {
		return nil
	}
	quoted, past := c.db.Dialect.QuoteTable(table), c.db.EncodeTime(time.Now().Add(-time.Hour))
	return countsFoundRows(ctx, c.db,
		"INSERT INTO "+quoted+" (cache_key, value, expires) VALUES (?, '', ?)",
		"UPDATE "+quoted+" SET value = '' WHERE cache_key = ?", rand.Text(), past)
}

// countsFoundRows finds out how the driver counts, with a row in a transaction that it
// rolls back.
func countsFoundRows(ctx context.Context, db djangodb.DB, insert, update, key string, past any) error {
	counts := false
	err := db.Transact(ctx, func(tx *sql.Conn) error {
		if _, err := tx.ExecContext(ctx, db.Dialect.Rebind(insert), key, past); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, db.Dialect.Rebind(update), key)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		counts = err == nil && n == 1
		return errUndo
	})
	switch {
	case !errors.Is(err, errUndo):
		return err
	case !counts:
		return errFoundRows
	}
	return nil
}

// A noCacheTable is a [django.ErrNotMigrated] for a table that Migrate does not make.
type noCacheTable struct{ table string }

func (e noCacheTable) Error() string {
	return "there is no table " + e.table + "; manage.py createcachetable of the Django site makes it"
}

func (noCacheTable) Unwrap() error { return django.ErrNotMigrated }

func (c *cache) prepare(ctx context.Context, name djangodb.TableName) error {
	relation, err := c.db.Relation(ctx, name)
	if err != nil {
		return err
	}
	d := c.db.Dialect
	table := d.QuoteTable(name)
	key := d.SameKey("cache_key")
	live := " WHERE " + key + " AND expires > ?"
	for _, p := range []struct {
		stmt **djangodb.Stmt
		how  func(context.Context, string) (*djangodb.Stmt, error)
		text string
	}{
		{&c.get, c.db.PrepareReader, "SELECT value FROM " + table + live},
		{&c.exists, c.db.PrepareReader, "SELECT 1 FROM " + table + live},
		{&c.insert, c.db.Prepare, "INSERT INTO " + table + " (value, expires, cache_key) VALUES (?, ?, ?)"},
		{&c.set, c.db.Prepare, "UPDATE " + table + " SET value = ?, expires = ? WHERE " + key},
		{&c.take, c.db.Prepare, "UPDATE " + table + " SET value = ?, expires = ? WHERE " + key +
			" AND expires <= ?"},
		{&c.swap, c.db.Prepare, "UPDATE " + table + " SET value = ?, expires = ?" + live +
			" AND " + d.SameBytes("value")},
		{&c.del, c.db.Prepare, "DELETE FROM " + table + " WHERE " + key},
		{&c.tidy, c.db.Prepare, d.ClearExpired(name, relation, "cache_key", "expires")},
	} {
		var err error
		if *p.stmt, err = p.how(ctx, p.text); err != nil {
			return err
		}
	}
	return nil
}

// Close implements [cachedstore.Cache]. It releases the statements.
func (c *cache) Close() error {
	var errs []error
	for _, stmt := range []*djangodb.Stmt{
		c.get, c.exists, c.insert, c.set, c.take, c.swap, c.del, c.tidy,
	} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}

// Get implements [cachedstore.Cache].
func (c *cache) Get(ctx context.Context, key string) ([]byte, error) {
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	var text []byte
	err := c.get.One(ctx, append(c.key(nil, key), c.now()), &text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, session.ErrNotFound
	}
	if err != nil {
		return nil, wrap(ctx, "get", err)
	}
	value := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(value, text)
	if err != nil {
		return nil, session.ErrNotFound // damaged, or another program's
	}
	return value[:n], nil
}

// Set implements [cachedstore.Cache].
func (c *cache) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return c.write(ctx, "set", value, ttl, func(ctx context.Context, entry []any) error {
		for range 2 { // another program may insert or delete the row in between
			n, err := c.set.Exec(ctx, c.key(entry, key)...)
			if n > 0 || err != nil {
				return err
			}
			if _, err = c.insert.Exec(ctx, append(entry, c.opts.name(key))...); !c.db.Dialect.IsUnique(err) {
				return err
			}
		}
		return errors.New("other programs keep writing the entry")
	})
}

// Add implements [cachedstore.Cache].
func (c *cache) Add(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return c.write(ctx, "add", value, ttl, func(ctx context.Context, entry []any) error {
		_, err := c.insert.Exec(ctx, append(entry, c.opts.name(key))...)
		if !c.db.Dialect.IsUnique(err) {
			return err
		}
		n, err := c.take.Exec(ctx, append(c.key(entry, key), c.now())...)
		if err == nil && n == 0 {
			return session.ErrExists
		}
		return err
	})
}

// Swap implements [cachedstore.Cache] by one UPDATE that also compares.
func (c *cache) Swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) error {
	return c.write(ctx, "swap", value, ttl, func(ctx context.Context, entry []any) error {
		args := append(c.key(entry, key), c.now(), base64.StdEncoding.EncodeToString(old))
		n, err := c.swap.Exec(ctx, args...)
		if n > 0 || err != nil {
			return err
		}
		var one int
		err = c.exists.One(ctx, append(c.key(nil, key), c.now()), &one)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return session.ErrNotFound
		case err != nil:
			return err
		}
		return session.ErrConflict
	})
}

// write calls a function with the parameters of an entry: its value and its expiry.
func (c *cache) write(
	ctx context.Context, doing string, value []byte, ttl time.Duration,
	exec func(ctx context.Context, entry []any) error,
) error {
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	text := base64.StdEncoding.EncodeToString(value)
	if !c.packet.Takes(ctx, len(text)) {
		return errTooLarge
	}
	entry := append(make([]any, 0, 7), text, c.db.EncodeTime(wholeSeconds(ttl)))
	err := exec(ctx, entry)
	switch {
	case err == nil, errors.Is(err, session.ErrExists), errors.Is(err, session.ErrNotFound),
		errors.Is(err, session.ErrConflict):
		return err
	case c.db.Dialect.IsTooLarge(err), c.packet.Explains(ctx, err, 2*len(text)):
		return fmt.Errorf("%w: %w", session.ErrTooLarge, wrap(ctx, doing, err))
	}
	return wrap(ctx, doing, err)
}

// wholeSeconds returns when an entry ends, which Django keeps to the second: not before
// its time.
func wholeSeconds(ttl time.Duration) time.Time {
	return time.Now().Add(ttl + time.Second - 1).Truncate(time.Second)
}

// Delete implements [cachedstore.Cache].
func (c *cache) Delete(ctx context.Context, key string) error {
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	_, err := c.del.Exec(ctx, c.key(nil, key)...)
	return wrap(ctx, "delete", err)
}

// ClearExpired is for [cachedstore.Cache]: Django deletes what has expired only when there
// is too much. It does so in batches, as a store.
func (c *cache) ClearExpired(ctx context.Context, now time.Time) (int, error) {
	until := c.db.EncodeTime(now)
	return batches{0, clearPause, func(ctx context.Context, limit int) (int, error) {
		ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
		defer cancel()
		n, err := c.tidy.Exec(ctx, until, until, limit)
		return int(n), wrap(ctx, "clear expired", err)
	}}.run(ctx)
}

// key appends what selects the entry of a session's key.
func (c *cache) key(args []any, key string) []any {
	return c.db.Dialect.KeyArgs(args, c.opts.name(key))
}

func (c *cache) now() any { return c.db.EncodeTime(time.Now()) }
