package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/pgstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sessiontest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// open returns a store on a database, and its pool.
func open(t testing.TB, at servertest.Database) (session.Store, *pgxpool.Pool) {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), at.PostgresURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pgstore.Open(t, pool), pool
}

func record(i int) session.Record {
	return session.Record{
		Key:    fmt.Sprintf("%032d", i),
		Data:   []byte(fmt.Sprint("data of ", i)),
		Expiry: time.Now().Add(time.Hour).Truncate(time.Microsecond),
	}
}

func create(t testing.TB, store session.Store, rec session.Record) {
	t.Helper()
	if err := store.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
}

func TestContract(t *testing.T) {
	store, pool := open(t, servertest.Postgres(t))
	sessiontest.Run(t, func(t *testing.T) session.Store {
		empty(t, pool)
		return store
	})
}

func empty(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), "DELETE FROM django_session"); err != nil {
		t.Fatal(err)
	}
}

// TestPicklesAreRefused, as by package sqlstore: the column keeps text.
func TestPicklesAreRefused(t *testing.T) {
	store, _ := open(t, servertest.Postgres(t))
	if _, err := session.New(store, &session.Options{Codec: django.Pickled()}); err == nil ||
		!strings.Contains(err.Error(), "Options.Codec") {
		t.Errorf("New: %v, want an error that names Options.Codec", err)
	}
}

// TestBothPathsToTheTableCompareTheSame: a program that uses package sqlstore
// saves, moves and ends what this one has saved, and the other way round.
func TestBothPathsToTheTableCompareTheSame(t *testing.T) {
	store, _ := open(t, servertest.Postgres(t))
	paths := []session.Store{store, pgstore.Table(store)}
	for i, path := range paths {
		other := paths[1-i]
		old := record(i)
		create(t, path, old)
		next := old
		next.Data = []byte("next")
		if err := other.Save(t.Context(), old, next); err != nil {
			t.Fatal(err)
		}
		if err := path.Save(t.Context(), old, next); !errors.Is(err, session.ErrConflict) {
			t.Errorf("Save over what the other has saved: %v, want ErrConflict", err)
		}
		moved := next
		moved.Key = record(100 + i).Key
		if err := path.Save(t.Context(), next, moved); err != nil {
			t.Fatal(err)
		}
		if err := other.Save(t.Context(), next, next); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("Save of what the other has moved: %v, want ErrNotFound", err)
		}
		if got, err := other.Load(t.Context(), moved.Key); err != nil || string(got.Data) != "next" {
			t.Errorf("Load of what the other has moved: %v, %v", got, err)
		}
		if err := other.Delete(t.Context(), moved.Key); err != nil {
			t.Fatal(err)
		}
		if err := path.Save(t.Context(), moved, moved); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("Save of what the other has deleted: %v, want ErrNotFound", err)
		}
	}
}

// TestLoadsInCompanyGetTheirOwn: of many loads at once each gets the record of
// its key, or none, and no other's.
func TestLoadsInCompanyGetTheirOwn(t *testing.T) {
	const visitors, rounds = 64, 30
	store, _ := open(t, servertest.Postgres(t))
	for i := range visitors {
		switch rec := record(i); {
		case i%4 == 1: // there is none
		case i%4 == 2:
			rec.Expiry = time.Now().Add(-time.Second)
			create(t, store, rec)
		default:
			create(t, store, rec)
		}
	}
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range visitors {
		wg.Go(func() {
			<-start
			for range rounds {
				rec, err := store.Load(t.Context(), record(i).Key)
				gone := i%4 == 1 || i%4 == 2
				if gone && !errors.Is(err, session.ErrNotFound) {
					t.Errorf("visitor %d: %v, %v, want ErrNotFound", i, rec, err)
				}
				if !gone && (err != nil || string(rec.Data) != string(record(i).Data) || rec.Key != record(i).Key) {
					t.Errorf("visitor %d: %v, %v", i, rec, err)
				}
			}
		})
	}
	close(start)
	wg.Wait()
}

// TestLoadSeesEverySaveBeforeIt, even together with others: what was
// acknowledged before a load began is what it returns.
func TestLoadSeesEverySaveBeforeIt(t *testing.T) {
	const visitors, rounds = 16, 100
	store, _ := open(t, servertest.Postgres(t))
	var wg sync.WaitGroup
	for i := range visitors {
		rec := record(i)
		create(t, store, rec)
		wg.Go(func() {
			for n := range rounds {
				next := rec
				next.Data = []byte(fmt.Sprint(i, " in round ", n))
				if err := store.Save(t.Context(), rec, next); err != nil {
					t.Errorf("Save: %v", err)
					return
				}
				got, err := store.Load(t.Context(), rec.Key)
				if err != nil || string(got.Data) != string(next.Data) {
					t.Errorf("Load: %q, %v, want %q", got.Data, err, next.Data)
					return
				}
				rec = next
			}
			if err := store.Delete(t.Context(), rec.Key); err != nil {
				t.Error(err)
			}
			if _, err := store.Load(t.Context(), rec.Key); !errors.Is(err, session.ErrNotFound) {
				t.Errorf("Load after Delete: %v", err)
			}
		})
	}
	wg.Wait()
}

// TestInstantsAreUTC and exact.
func TestInstantsAreUTC(t *testing.T) {
	store, _ := open(t, servertest.Postgres(t))
	rec := record(1)
	rec.Expiry = time.Date(2230, 1, 2, 3, 4, 5, 678_901_000, time.UTC)
	create(t, store, rec)
	got, err := store.Load(t.Context(), rec.Key)
	if err != nil || !got.Expiry.Equal(rec.Expiry) || got.Expiry.Location() != time.UTC {
		t.Errorf("Load: %v, %v, want %v in UTC", got.Expiry, err, rec.Expiry)
	}
}

// TestMalformedKeysNeverReachTheServer, which cannot take a NUL.
func TestMalformedKeysNeverReachTheServer(t *testing.T) {
	store, pool := open(t, servertest.Postgres(t))
	pool.Close() // whatever is asked now fails
	for _, key := range []string{"", "short", "has\x00nul-" + strings.Repeat("k", 20), strings.Repeat("k", 41)} {
		if _, err := store.Load(t.Context(), key); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("Load of %q: %v", key, err)
		}
	}
}

// TestServerRestart: an error is never "not found", and the store works
// when the server is back, even for those who wait together.
func TestServerRestart(t *testing.T) {
	server, at := servertest.StartPostgres(t)
	store, _ := open(t, at)
	rec := record(1)
	create(t, store, rec)
	server.Kill()
	together(20, func() {
		_, err := store.Load(t.Context(), rec.Key)
		if err == nil || errors.Is(err, session.ErrNotFound) || strings.Contains(err.Error(), rec.Key) {
			t.Errorf("Load from a dead server: %v", err)
		}
		if err := store.Save(t.Context(), rec, rec); err == nil || errors.Is(err, session.ErrNotFound) {
			t.Errorf("Save to a dead server: %v", err)
		}
	})
	server.Start(t)
	together(20, func() {
		if _, err := store.Load(t.Context(), rec.Key); err != nil {
			t.Errorf("Load when the server is back: %v", err)
		}
	})
}

func together(n int, f func()) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range n {
		wg.Go(func() {
			<-start
			f()
		})
	}
	close(start)
	wg.Wait()
}

// TestEachChangeIsOneStatementInEveryMode, even where pgx does not know the types of
// parameters, as behind PgBouncer. Nothing can be left to the table.
func TestEachChangeIsOneStatementInEveryMode(t *testing.T) {
	for _, mode := range []string{"cache_statement", "exec", "simple_protocol"} {
		at := servertest.Postgres(t)
		config, err := pgxpool.ParseConfig(at.PostgresURL())
		if err != nil {
			t.Fatal(err)
		}
		switch mode {
		case "exec":
			config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
		case "simple_protocol":
			config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
		}
		pool, err := pgxpool.NewWithConfig(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		store := pgstore.Open(t, pool)
		pgstore.Alone(store, func() {
			rec := record(1)
			create(t, store, rec)
			next, moved := rec, rec
			next.Data, moved.Key = []byte(`\x41 'é'`), record(2).Key
			if err := store.Save(t.Context(), rec, next); err != nil {
				t.Errorf("%s: Save: %v", mode, err)
			}
			moved.Data = next.Data
			if err := store.Save(t.Context(), next, moved); err != nil {
				t.Errorf("%s: Save under a new key: %v", mode, err)
			}
			if got, err := store.Load(t.Context(), moved.Key); err != nil || string(got.Data) != string(next.Data) {
				t.Errorf("%s: Load: %q, %v", mode, got.Data, err)
			}
			if err := store.Delete(t.Context(), moved.Key); err != nil {
				t.Errorf("%s: Delete: %v", mode, err)
			}
		})
	}
}

// TestCloseLeavesThePoolOpen: the pool is the caller's.
func TestCloseLeavesThePoolOpen(t *testing.T) {
	store, pool := open(t, servertest.Postgres(t))
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := pool.Ping(t.Context()); err != nil {
		t.Errorf("the pool after Close: %v", err)
	}
}

// TestNewWithoutTable and without a pool.
// TestTableCallIsOneRoundTrip: a call by database/sql leaves no statement to be
// taken back, for which it would wait, silent server or not.
func TestTableCallIsOneRoundTrip(t *testing.T) {
	config, err := pgxpool.ParseConfig(servertest.Postgres(t).PostgresURL())
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 1
	var sent atomic.Int64
	config.ConnConfig.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		return countingConn{conn, &sent}, err
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	store := pgstore.Open(t, pool)
	rec := record(1)
	create(t, store, rec)
	_, _ = pgstore.Table(store).Load(t.Context(), rec.Key) // which the connection then knows
	for range 3 {
		before := sent.Load()
		if _, err := pgstore.Table(store).Load(t.Context(), rec.Key); err != nil {
			t.Fatal(err)
		}
		if n := sent.Load() - before; n != 1 {
			t.Errorf("%d messages to the server, want 1", n)
		}
	}
}

// A countingConn counts what is written.
type countingConn struct {
	net.Conn
	sent *atomic.Int64
}

func (c countingConn) Write(p []byte) (int, error) {
	c.sent.Add(1)
	return c.Conn.Write(p)
}

func TestNewWithoutTable(t *testing.T) {
	_, at := servertest.StartPostgres(t)
	pool, err := pgxpool.New(t.Context(), at.PostgresURL())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pgstore.New(t.Context(), pool, nil); !errors.Is(err, django.ErrNotMigrated) {
		t.Errorf("New: error %v, want ErrNotMigrated", err)
	}
	if _, err := pgstore.New(t.Context(), nil, nil); err == nil {
		t.Error("New without a pool: no error")
	}
}
