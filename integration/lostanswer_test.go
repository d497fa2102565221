package integration

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/auth/throttle/sqlthrottle"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/pgstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// A lossyWire is a way to a server. When it is told to, it loses the next answer,
// and closes the connection on which that came: what was asked is carried out.
type lossyWire struct {
	addr string
	lose atomic.Bool
}

func newLossyWire(t *testing.T, upstream string) *lossyWire {
	t.Helper()
	listener := noerror.In(net.Listen("tcp", "127.0.0.1:0"))
	t.Cleanup(func() { _ = listener.Close() })
	w := &lossyWire{addr: listener.Addr().String()}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", upstream)
			if err != nil {
				_ = client.Close()
				continue
			}
			go w.carry(server, client, func() bool { return false })
			go w.carry(client, server, func() bool { return w.lose.CompareAndSwap(true, false) })
		}
	}()
	return w
}

func (*lossyWire) carry(to, from net.Conn, loses func() bool) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil || loses() || !write(to, buffer[:n]) {
			return
		}
	}
}

// TestAnswerThatAPoolerHasLostIsNotAskedForAgain: the statement was carried out. A
// second time it would find its own row, or none, or count an attempt twice.
func TestAnswerThatAPoolerHasLostIsNotAskedForAgain(t *testing.T) {
	server := servertest.Postgres(t)
	migrate(t, server)
	wire := newLossyWire(t, server.Addr)
	server.Addr = wire.addr
	url := servertest.PgBouncer(t, server).PostgresURL() + poolerSetting
	db := noerror.In(sql.Open("pgx", url))
	defer db.Close()
	pool := noerror.In(pgxpool.New(t.Context(), url))
	defer pool.Close()
	site := django.Database{DB: db, Dialect: django.PostgreSQL}
	for name, store := range map[string]session.Store{
		"sqlstore": noerror.In(sqlstore.New(t.Context(), site, nil)),
		"pgstore":  noerror.In(pgstore.New(t.Context(), pool, nil)),
	} {
		defer store.Close()
		rec := session.Record{Key: newKey(), Data: []byte("one"), Expiry: time.Now().Add(time.Hour)}
		next := rec
		next.Data = []byte("two")
		ready := func() error { _, err := store.Load(t.Context(), rec.Key); return err }
		lost := func(doing string, call func() error) {
			err := wire.loseAnswer(t, ready, call)
			if err == nil || errors.Is(err, session.ErrExists) || errors.Is(err, session.ErrConflict) ||
				errors.Is(err, session.ErrNotFound) {
				t.Errorf("%s: %s: %v, want the error of an outage", name, doing, err)
			}
		}
		lost("create", func() error { return store.Create(t.Context(), rec) })
		lost("save", func() error { return store.Save(t.Context(), rec, next) })
		lost("delete", func() error { return store.Delete(t.Context(), rec.Key) })
	}
	attempts := noerror.In(sqlthrottle.New(t.Context(), site, nil))
	defer attempts.Close()
	take := func(key string) (time.Duration, error) {
		return attempts.Take(t.Context(), key, throttle.Limit{Burst: 3, Every: time.Hour}, time.Now())
	}
	noerror.In(take("key"))
	ready := func() error { _, err := take("another"); return err }
	if err := wire.loseAnswer(t, ready, func() error { _, err := take("key"); return err }); err == nil {
		t.Error("the answer was not lost")
	}
	third, fourth := noerror.In(take("key")), noerror.In(take("key"))
	if third != 0 || fourth == 0 {
		t.Errorf("after two attempts of three, the next wait for %v and %v", third, fourth)
	}
}

// loseAnswer loses the answer to call. Some calls come before it, since database/sql may
// ask first whether a connection works that is new.
func (w *lossyWire) loseAnswer(t *testing.T, ready, call func() error) error {
	t.Helper()
	for range 2 {
		if err := ready(); err != nil && !errors.Is(err, session.ErrNotFound) {
			t.Error(err)
		}
	}
	w.lose.Store(true)
	err := call()
	if w.lose.Load() {
		t.Error("there was no answer to lose")
	}
	return err
}

// migrate makes the tables of sessions and attempts.
func migrate(t *testing.T, at servertest.Database) {
	t.Helper()
	db := noerror.In(sql.Open("pgx", at.PostgresURL()))
	defer db.Close()
	for _, fn := range []func(context.Context, django.Database) ([]string, error){
		sqlstore.Migrate, sqlthrottle.Migrate,
	} {
		noerror.In(fn(t.Context(), django.Database{DB: db, Dialect: django.PostgreSQL}))
	}
}
