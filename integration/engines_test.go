package integration

import (
	"testing"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/memcachestore"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/redisstore"
	"github.com/jamsession/jamsession/session"
)

// An engine is a store under test.
type engine struct {
	name string

	// open returns a store without records, or at least without the keys of
	// the test, which are random.
	open func(t testing.TB) session.Store

	// start runs a server for one test. It is nil if the engine has none that
	// could be lost, or if it is lost in the same way as another's.
	start func(t testing.TB) place

	// swaps: Save compares and replaces in one atomic step.
	swaps bool

	// stepMoves: Save moves a record in more than one step, so that a move
	// whose outcome is unknown may leave both keys. Nobody but the mover
	// knows the new one.
	stepMoves bool

	// tick is the step of the clock by which records expire, if it is coarse.
	tick time.Duration
}

// A place is a server, and the way to a store on it.
type place struct {
	server server
	addr   string // of the server itself

	// open returns an empty store that reaches the server at addr, and that
	// is closed when the test ends.
	open func(t testing.TB, addr string) session.Store

	// forgets: the server starts with nothing after it was killed.
	forgets bool

	// spares: the store has something to answer from if the server is lost.
	spares bool
}

// A server can crash and come back; servertest.Server is one.
type server interface {
	Kill()
	Start(t testing.TB)
}

// engines are all engines. Each promise is tried on each of them.
var engines = []engine{
	{
		name:  "Memory",
		open:  func(testing.TB) session.Store { return memstore.New() },
		swaps: true,
	},
	{
		name:      "File",
		open:      openFile,
		swaps:     true,
		stepMoves: true,
	},
	{
		name:  "SQLite",
		open:  openSQLite,
		swaps: true,
	},
	{
		name:  "PostgreSQL",
		open:  func(t testing.TB) session.Store { return openPostgres(t, servertest.Postgres(t)) },
		start: startPostgres,
		swaps: true,
	},
	{
		name:  "PostgreSQL by pgx",
		open:  func(t testing.TB) session.Store { return openPgx(t, servertest.Postgres(t)) },
		start: startPgx,
		swaps: true,
	},
	{
		name:  "MariaDB",
		open:  func(t testing.TB) session.Store { return openMariaDB(t, servertest.MariaDB(t)) },
		start: startMariaDB,
		swaps: true,
	},
	redisEngine("Redis", redisstore.Options{}),
	ofDjango(redisEngine("Redis of Django", redisstore.Options{Codec: django.Pickled()})),
	redisEngine("Redis with a client cache", redisstore.Options{ClientCache: time.Minute}),
	memcachedEngine("Memcached", memcachestore.Options{}),
	ofDjango(memcachedEngine("Memcached of Django", memcachestore.Options{Codec: django.Pickled()})),
	{
		name:  "cached_db on Redis",
		open:  func(t testing.TB) session.Store { return openCachedRedis(t, servertest.Redis(t).Addr) },
		start: startCachedRedis,
		swaps: true,
	},
	{
		name:  "cached_db on Memcached",
		open:  func(t testing.TB) session.Store { return openCachedMemcached(t, servertest.Memcached(t).Addr) },
		start: startCachedMemcached,
		swaps: true,
	},
	{
		name:  "Wire",
		open:  func(t testing.TB) session.Store { p := startWire(t); return p.open(t, p.addr) },
		start: startWire,
		swaps: true,
	},
}

// each runs a test on each engine that fits.
func each(t *testing.T, fits func(engine) bool, try func(t *testing.T, e engine)) {
	t.Helper()
	for _, e := range engines {
		if fits(e) {
			t.Run(e.name, func(t *testing.T) { try(t, e) })
		}
	}
}
