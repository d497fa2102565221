package site

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/cookiestore"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/filestore"
	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/internal/siteparts"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// An engine is a store of sessions with the codec that belongs to it.
type engine struct {
	store session.Store
	codec session.Codec // nil: plain
}

// openEngine opens what SESSION_ENGINE names.
func (s *Site) openEngine(ctx context.Context) (e engine, err error) {
	if e.codec, err = django.SignedWithSalt(s.keys, s.conf.SessionSalt); err != nil {
		return e, fmt.Errorf("site: %w", err)
	}
	switch s.conf.SessionEngine {
	case "db":
		e.store, err = s.openTable(ctx, s.tableOptions(e.codec))
	case "cached_db":
		e.store, err = s.openCachedTable(ctx, e.codec)
	case "cache":
		e, err = s.openCache(ctx)
	case "file":
		e.store, err = s.openFiles(e.codec)
	case "signed_cookies":
		e.codec = nil
		e.store, err = s.openCookies(ctx)
	default:
		err = fmt.Errorf("settings: SESSION_ENGINE: there is no engine %q", s.conf.SessionEngine)
	}
	return e, err
}

// tableOptions are those of the session model.
func (s *Site) tableOptions(codec session.Codec) *sqlstore.Options {
	o := &sqlstore.Options{Table: s.conf.SessionTable, Codec: codec}
	for _, c := range s.conf.SessionColumns {
		o.Columns = append(o.Columns, sqlstore.Column{Name: c[0], Item: c[1]})
	}
	if s.opts.SessionTable != nil {
		s.opts.SessionTable(o)
	}
	if len(o.Columns) == 0 {
		o.Codec = nil // that of the sessions may be another one, as Options say
	}
	return o
}

// openTable opens the table in the fastest way.
func (s *Site) openTable(ctx context.Context, o *sqlstore.Options) (session.Store, error) {
	open := s.db.OpenTable
	if open == nil {
		open = func(ctx context.Context, o *sqlstore.Options) (session.Store, error) {
			return sqlstore.New(ctx, s.Database, o)
		}
	}
	table, err := open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	s.keep(table)
	return table, nil
}

// openCachedTable puts a cache in front of the table.
func (s *Site) openCachedTable(ctx context.Context, codec session.Codec) (session.Store, error) {
	table, err := s.openTable(ctx, s.tableOptions(codec))
	if err != nil {
		return nil, err
	}
	cache, err := s.openTableCache(ctx)
	if err != nil {
		return nil, err
	}
	o := &cachedstore.Options{Logger: s.opts.Logger}
	if s.conf.SessionCacheFormat == "django" {
		o.Codec = codec
		if o.Values, err = s.cacheValues(); err != nil {
			return nil, err
		}
	}
	store, err := cachedstore.New(table, cache, o)
	if err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	s.keep(store)
	return store, nil
}

// openTableCache opens the cache of cached_db.
func (s *Site) openTableCache(ctx context.Context) (cachedstore.Cache, error) {
	c, err := s.conf.SessionCache()
	if err != nil {
		return nil, err
	}
	if c.Kind() == "memory" {
		return memstore.NewCache(memoryCacheSize)
	}
	if c.Place() != "" {
		return s.openPlainCache(ctx, c, s.cacheOptions(django.EngineCachedDB, nil))
	}
	driver, err := siteparts.CacheOf(c.Kind())
	if err != nil {
		return nil, cacheError(err)
	}
	cache, err := driver.Table(ctx, c.URL, s.cacheOptions(django.EngineCachedDB, nil))
	if err != nil {
		return nil, cacheError(err)
	}
	s.keep(cache)
	return cache, nil
}

// memoryCacheSize is how many sessions memory:// keeps of a table, and how
// many it may hold as an engine.
const (
	memoryCacheSize = 10_000
	memoryStoreSize = 1_000_000
)

// openCache opens the engine cache.
func (s *Site) openCache(ctx context.Context) (e engine, err error) {
	c, err := s.conf.SessionCache()
	if err != nil {
		return e, err
	}
	if s.conf.SessionCacheFormat == "django" && c.Kind() != "memory" {
		if e.codec, err = s.cacheValues(); err != nil {
			return e, err
		}
	}
	o := s.cacheOptions(django.EngineCache, e.codec)
	o.ClientCache, o.ClientCacheBytes = c.ClientCache, c.ClientCacheMiB<<20
	e.store, err = s.openStore(ctx, c, o)
	return e, err
}

// openStore opens a cache as a store of sessions.
func (s *Site) openStore(
	ctx context.Context, c conf.Cache, o siteparts.CacheOptions,
) (session.Store, error) {
	if c.Kind() == "memory" {
		return memstore.NewLimited(memoryStoreSize)
	}
	if c.Place() != "" {
		return s.openAlone(ctx, c, o)
	}
	driver, err := siteparts.CacheOf(c.Kind())
	if err != nil {
		return nil, cacheError(err)
	}
	store, err := driver.Store(ctx, c.URL, o)
	if err != nil {
		return nil, cacheError(err)
	}
	s.keep(store)
	return store, nil
}

func cacheError(err error) error {
	reason := strings.Join(strings.Fields(err.Error()), " ") // on one line
	return fmt.Errorf("settings: CACHE_URL: %s", reason)
}

// openFiles opens the engine file.
func (s *Site) openFiles(codec session.Codec) (session.Store, error) {
	if s.conf.SessionFilePath == "" {
		return nil, errors.New("settings: SESSION_ENGINE file needs SESSION_FILE_PATH, a folder of its own")
	}
	store, err := filestore.New(s.conf.SessionFilePath, &filestore.Options{
		Prefix:            s.conf.SessionCookie.Name,
		MaxAge:            s.conf.SessionCookieAge,
		AllowFilesOfUsers: s.conf.SessionFileAllowUsers,
		Codec:             codec,
	})
	if err != nil {
		return nil, fmt.Errorf("settings: SESSION_FILE_PATH: %w", err)
	}
	s.keep(store)
	return store, nil
}

// openCookies makes the engine signed_cookies, with the list that
// SESSION_DENY_LIST names.
func (s *Site) openCookies(ctx context.Context) (session.Store, error) {
	revoked, err := s.openDenyList(ctx)
	if err != nil {
		return nil, err
	}
	store, err := cookiestore.New(s.keys, &cookiestore.Options{
		MaxAge: s.conf.SessionCookieAge, Revoked: revoked,
	})
	if err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	return store, nil
}

// openDenyList returns nil for no list.
func (s *Site) openDenyList(ctx context.Context) (session.Store, error) {
	switch s.conf.SessionDenyList {
	case "db":
		// Its records are not sessions: they have no items.
		return s.openTable(ctx, &sqlstore.Options{Table: s.conf.SessionTable})
	case "cache":
		c, err := s.conf.SessionCache()
		if err != nil {
			return nil, err
		}
		return s.openStore(ctx, c, s.cacheOptions("jamsession.revoked.", nil))
	}
	return nil, nil
}
