package pgstore_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/pgstore"
)

// BenchmarkPooler compares a database without and with PgBouncer in front of it, and
// the setting that it needs without it.
func BenchmarkPooler(b *testing.B) {
	direct := servertest.Postgres(b)
	pooled := servertest.PgBouncer(b, direct)
	const setting = "&default_query_exec_mode=exec"
	for i, c := range []struct{ name, url string }{
		{"direct", direct.PostgresURL()},
		{"direct, exec", direct.PostgresURL() + setting},
		{"PgBouncer, exec", pooled.PostgresURL() + setting},
	} {
		pool, err := pgxpool.New(b.Context(), c.url)
		if err != nil {
			b.Fatal(err)
		}
		defer pool.Close()
		store := pgstore.Open(b, pool)
		rec := record(i)
		create(b, store, rec)
		b.Run("load, "+c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := store.Load(b.Context(), rec.Key); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("save, "+c.name, func(b *testing.B) {
			for b.Loop() {
				if err := store.Save(b.Context(), rec, rec); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
