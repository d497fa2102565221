package settings

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/cookiestore"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/filestore"
	"github.com/jamsession/jamsession/internal/siteparts"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// An engine is a store of sessions with the codec that belongs to it.
type engine struct {
	store session.Store
	codec session.Codec // nil: plain
	parts []io.Closer   // in the order in which they are to be closed
}

func (e *engine) close() error {
	var errs []error
	for _, part := range e.parts {
		errs = append(errs, part.Close())
	}
	return errors.Join(errs...)
}

// openEngine opens what SESSION_ENGINE names.
func (s *Site) openEngine(ctx context.Context) (engine, error) {
	set := s.Settings
	codec, err := django.Signed(s.keys)
	if err != nil {
		return engine{}, fmt.Errorf("settings: %w", err)
	}
	e := engine{codec: codec}
	switch set.SessionEngine {
	case "db":
		err = s.openTable(ctx, &e)
	case "cached_db":
		err = s.openCachedTable(ctx, &e)
	case "cache":
		err = set.openCache(ctx, &e)
	case "file":
		err = set.openFiles(&e)
	case "signed_cookies":
		err = s.openCookies(ctx, &e)
	default:
		err = fmt.Errorf("settings: SESSION_ENGINE: there is no engine %s", quoted(set.SessionEngine))
	}
	if err != nil {
		return engine{}, errors.Join(err, e.close())
	}
	return e, nil
}

// openTable opens the table in the fastest way.
func (s *Site) openTable(ctx context.Context, e *engine) error {
	open := s.db.OpenTable
	if open == nil {
		open = func(ctx context.Context) (session.Store, error) { return sqlstore.New(ctx, s.Database, nil) }
	}
	table, err := open(ctx)
	if err != nil {
		return wireError(err)
	}
	e.store = table
	e.parts = append(e.parts, table)
	return nil
}

// openCachedTable puts a cache in front of the table.
func (s *Site) openCachedTable(ctx context.Context, e *engine) error {
	cache, err := s.Settings.openTableCache(ctx)
	if err != nil {
		return err
	}
	if err := s.openTable(ctx, e); err != nil {
		return errors.Join(err, cache.Close())
	}
	o := &cachedstore.Options{}
	if s.Settings.SessionCacheFormat == "django" {
		o.Codec = e.codec
	}
	store, err := cachedstore.New(e.store, cache, o)
	if err != nil {
		return errors.Join(fmt.Errorf("settings: %w", err), cache.Close())
	}
	e.store = store
	e.parts = append([]io.Closer{store, cache}, e.parts...)
	return nil
}

// cachePrefix returns the prefix of the keys of an engine.
func (s *Settings) cachePrefix(engine string) string {
	c := s.Caches[s.SessionCacheAlias]
	return django.CacheKey(c.KeyPrefix, c.Version, engine)
}

// openTableCache opens the cache of cached_db.
func (s *Settings) openTableCache(ctx context.Context) (cachedstore.Cache, error) {
	c, err := s.sessionCache()
	if err != nil {
		return nil, err
	}
	prefix := s.cachePrefix(django.EngineCachedDB)
	if c.kind() == "memory" {
		return memstore.NewCache(memoryCacheSize)
	}
	driver, err := siteparts.CacheOf(c.kind())
	if err != nil {
		return nil, cacheError(err)
	}
	cache, err := driver.Table(ctx, c.URL, prefix)
	return cache, cacheError(err)
}

// memoryCacheSize is how many sessions memory:// keeps of a table, and how
// many it may hold as an engine.
const (
	memoryCacheSize = 10_000
	memoryStoreSize = 1_000_000
)

// openCache opens the engine cache.
func (s *Settings) openCache(ctx context.Context, e *engine) error {
	c, err := s.sessionCache()
	if err != nil {
		return err
	}
	shared := s.SessionCacheFormat == "django"
	e.codec = nil
	if shared && c.kind() != "memory" {
		e.codec = django.Pickled()
	}
	store, err := c.openStore(ctx, s.cachePrefix(django.EngineCache), e.codec)
	if err != nil {
		return err
	}
	e.store = store
	e.parts = append(e.parts, store)
	return nil
}

// openStore opens a cache as a store of sessions.
func (c Cache) openStore(ctx context.Context, prefix string, codec session.Codec) (session.Store, error) {
	if c.kind() == "memory" {
		return memstore.NewLimited(memoryStoreSize)
	}
	driver, err := siteparts.CacheOf(c.kind())
	if err != nil {
		return nil, cacheError(err)
	}
	store, err := driver.Store(ctx, c.URL, prefix, codec)
	return store, cacheError(err)
}

func cacheError(err error) error {
	if err == nil {
		return nil
	}
	reason := strings.Join(strings.Fields(err.Error()), " ") // on one line
	return fmt.Errorf("settings: CACHE_URL: %s", reason)
}

// setFileUsers takes numbers, such as those that "id -u www-data" prints.
func setFileUsers(s *Settings, v value) error {
	items, err := v.list()
	if err != nil {
		return err
	}
	s.SessionFileAllowUsers = nil
	for _, item := range items {
		id, err := strconv.ParseUint(item, 10, 31)
		if err != nil {
			return errors.New(`want ids of users, such as "33"; "id -u www-data" prints one`)
		}
		s.SessionFileAllowUsers = append(s.SessionFileAllowUsers, int(id))
	}
	return nil
}

// openFiles opens the engine file.
func (s *Settings) openFiles(e *engine) error {
	if s.SessionFilePath == "" {
		return errors.New("settings: SESSION_ENGINE file needs SESSION_FILE_PATH, a folder of its own")
	}
	store, err := filestore.New(s.SessionFilePath, &filestore.Options{
		Prefix:            s.SessionCookie.Name,
		MaxAge:            s.SessionCookieAge,
		AllowFilesOfUsers: s.SessionFileAllowUsers,
		Codec:             e.codec,
	})
	if err != nil {
		return fmt.Errorf("settings: SESSION_FILE_PATH: %w", err)
	}
	e.store = store
	e.parts = append(e.parts, store)
	return nil
}

// openCookies makes the engine signed_cookies, with the list that
// SESSION_DENY_LIST names.
func (s *Site) openCookies(ctx context.Context, e *engine) error {
	o := &cookiestore.Options{MaxAge: s.Settings.SessionCookieAge}
	switch s.Settings.SessionDenyList {
	case "db":
		if err := s.openTable(ctx, e); err != nil {
			return err
		}
		o.Revoked = e.store
	case "cache":
		c, err := s.Settings.sessionCache()
		if err != nil {
			return err
		}
		o.Revoked, err = c.openStore(ctx, s.Settings.cachePrefix("jamsession.revoked."), nil)
		if err != nil {
			return err
		}
		e.parts = append(e.parts, o.Revoked)
	}
	store, err := cookiestore.New(s.keys, o)
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	e.codec, e.store = nil, store
	return nil
}
