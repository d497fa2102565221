package integration

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/pgstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// BenchmarkConnections compares pools of several sizes, for a hundred visitors at a time who load and
// save a session each: it shows from which size on more connections do not help.
func BenchmarkConnections(b *testing.B) {
	const visitors = 100
	for name, open := range map[string]func(*testing.B, int) session.Store{
		"PostgreSQL": openPostgresPool, "MariaDB": openMariaDBPool,
	} {
		for _, conns := range []int{2, 4, 8, 12, 25, 50, 90} {
			b.Run(fmt.Sprintf("%s/%d", name, conns), func(b *testing.B) {
				store := open(b, conns)
				b.SetParallelism(visitors / runtime.GOMAXPROCS(0))
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					rec := session.Record{
						Key: strings.ToLower(rand.Text()), Data: []byte(strings.Repeat("x", 300)),
						Expiry: time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond),
					}
					if err := store.Create(b.Context(), rec); err != nil {
						b.Error(err)
						return
					}
					for pb.Next() {
						old, err := store.Load(b.Context(), rec.Key)
						if err != nil {
							b.Error(err)
							return
						}
						rec.Expiry = rec.Expiry.Add(time.Microsecond)
						if err := store.Save(b.Context(), old, rec); err != nil {
							b.Error(err)
							return
						}
					}
				})
			})
		}
	}
}

func openPostgresPool(b *testing.B, conns int) session.Store {
	b.Helper()
	config := noerror.In(pgxpool.ParseConfig(servertest.Postgres(b).PostgresURL()))
	config.MaxConns = int32(conns)
	pool := noerror.In(pgxpool.NewWithConfig(b.Context(), config))
	b.Cleanup(pool.Close)
	db := stdlib.OpenDBFromPool(pool)
	b.Cleanup(func() { _ = db.Close() })
	noerror.In(sqlstore.Migrate(b.Context(), django.Database{DB: db, Dialect: django.PostgreSQL}))
	store := noerror.In(pgstore.New(b.Context(), pool, nil))
	b.Cleanup(func() { _ = store.Close() })
	return store
}

func openMariaDBPool(b *testing.B, conns int) session.Store {
	b.Helper()
	db := noerror.In(sql.Open("mysql", servertest.MariaDB(b).MySQLName()))
	b.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	base := django.Database{DB: db, Dialect: django.MySQL}
	noerror.In(sqlstore.Migrate(b.Context(), base))
	store := noerror.In(sqlstore.New(b.Context(), base, nil))
	b.Cleanup(func() { _ = store.Close() })
	return store
}
