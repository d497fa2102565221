package load

import (
	"context"
	"database/sql"
	"runtime"
	"time"

	"github.com/alexedwards/scs/goredisstore"
	"github.com/alexedwards/scs/pgxstore"
	"github.com/alexedwards/scs/sqlite3store"
	"github.com/alexedwards/scs/v2"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib" // the driver, too
	"github.com/redis/go-redis/v9"
	_ "modernc.org/sqlite" // the driver sqlite

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/pgstore"
	"github.com/jamsession/jamsession/redisstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// An opener opens a library on the engine at an address, as its documentation
// tells users to. It stays open until the process ends.
type opener func(ctx context.Context, address string) (library, error)

// secretKey is of no use to anybody: the sites live for minutes, on loopback.
const secretKey = "a secret key of fifty characters for a benchmark.."

// postgresConns is how many connections a library may have to PostgreSQL: the
// default of package settings.
const postgresConns = 25

func openNone(context.Context, string) (library, error) { return none{}, nil }

// jam is jamsession on a store. A nil codec is the library's own.
func jam(store session.Store, codec session.Codec) library {
	return jamsession{noerror.In(session.New(store, &session.Options{Codec: codec}))}
}

func jamOnMemory(codec session.Codec) opener {
	return func(context.Context, string) (library, error) { return jam(memstore.New(), codec), nil }
}

func jamOnRedis(options *redisstore.Options, codec session.Codec) opener {
	return func(ctx context.Context, address string) (library, error) {
		store, err := redisstore.Open(ctx, "redis://"+address+"/0", options)
		if err != nil {
			return nil, err
		}
		return jam(store, codec), nil
	}
}

// jamOnPostgres has the connections that package settings gives to sessions.
func jamOnPostgres(codec session.Codec) opener {
	return func(ctx context.Context, address string) (library, error) {
		sessions, err := pgxPool(ctx, address, postgresConns/2)
		if err != nil {
			return nil, err
		}
		db := django.Database{DB: stdlib.OpenDBFromPool(sessions), Dialect: django.PostgreSQL}
		if _, err := sqlstore.Migrate(ctx, db); err != nil {
			return nil, err
		}
		store, err := pgstore.New(ctx, sessions, nil)
		if err != nil {
			return nil, err
		}
		return jam(store, codec), nil
	}
}

func pgxPool(ctx context.Context, address string, conns int32) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	config.MaxConns = conns
	return pgxpool.NewWithConfig(ctx, config)
}

// What package settings asks of SQLite: all that is kept is on the disk.
const (
	sqliteFile    = "_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
	sqliteWriter  = "_txlock=immediate&_pragma=foreign_keys(1)&" + sqliteFile
	sqliteReaders = "_pragma=busy_timeout(5000)&_pragma=query_only(1)"
)

// jamOnSQLite has its two pools as package settings makes them.
func jamOnSQLite(codec session.Codec) opener {
	return func(ctx context.Context, address string) (library, error) {
		writer, err := pool("sqlite", "file:"+address+"?"+sqliteWriter, 1)
		if err != nil {
			return nil, err
		}
		readers, err := pool("sqlite", "file:"+address+"?"+sqliteReaders, sqliteConns())
		if err != nil {
			return nil, err
		}
		table, err := openTable(ctx, django.Database{DB: writer, Readers: readers})
		if err != nil {
			return nil, err
		}
		return jam(table, codec), nil
	}
}

// sqliteConns is how many connections read from SQLite.
func sqliteConns() int { return max(4, runtime.GOMAXPROCS(0)) }

func openTable(ctx context.Context, db django.Database) (session.Store, error) {
	if _, err := sqlstore.Migrate(ctx, db); err != nil {
		return nil, err
	}
	return sqlstore.New(ctx, db, nil)
}

// pool returns a pool that keeps its connections.
func pool(driver, name string, conns int) (*sql.DB, error) {
	db, err := sql.Open(driver, name)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// djangosCache shares the sessions of Django's engine cache.
func djangosCache() opener {
	return jamOnRedis(&redisstore.Options{
		Codec: django.Pickled(), Prefix: django.CacheKey("", 1, django.EngineCache),
	}, django.Pickled())
}

func clientCached() opener {
	return jamOnRedis(&redisstore.Options{ClientCache: time.Minute}, nil)
}

// scsOn is scs on a store, otherwise as it comes.
func scsOn(store scs.Store) library {
	manager := scs.New()
	manager.Store = store
	return scsSessions{manager}
}

// scsOnMemory has the store that scs comes with.
func scsOnMemory(context.Context, string) (library, error) { return scsSessions{scs.New()}, nil }

func scsOnRedis(_ context.Context, address string) (library, error) {
	return scsOn(goredisstore.New(redis.NewClient(&redis.Options{Addr: address}))), nil
}

// scsOnPostgres has as many connections as jamsession, which are more than
// pgxpool's own default.
func scsOnPostgres(ctx context.Context, address string) (library, error) {
	db, err := pgxPool(ctx, address, postgresConns)
	if err != nil {
		return nil, err
	}
	_, err = db.Exec(ctx, "CREATE TABLE sessions ("+
		"token TEXT PRIMARY KEY, data BYTEA NOT NULL, expiry TIMESTAMPTZ NOT NULL);"+
		"CREATE INDEX sessions_expiry_idx ON sessions (expiry)")
	if err != nil {
		return nil, err
	}
	return scsOn(pgxstore.New(db)), nil
}

// scsOnSQLite has the same driver and asks the same of it as jamsession, and
// keeps as many connections as jamsession has to read with. As sql.Open gives
// it, it would open the file anew for most requests, and fail where two write.
func scsOnSQLite(ctx context.Context, address string) (library, error) {
	db, err := pool("sqlite", "file:"+address+"?"+sqliteFile, sqliteConns())
	if err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, "CREATE TABLE sessions ("+
		"token TEXT PRIMARY KEY, data BLOB NOT NULL, expiry REAL NOT NULL);"+
		"CREATE INDEX sessions_expiry_idx ON sessions(expiry)")
	if err != nil {
		return nil, err
	}
	return scsOn(sqlite3store.New(db)), nil
}
