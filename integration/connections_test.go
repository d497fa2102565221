package integration

import (
	"crypto/rand"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/session"
)

// BenchmarkConnections compares pools of several sizes, for a hundred visitors at a time who load and
// save a session each: it shows from which size on more connections do not help.
func BenchmarkConnections(b *testing.B) {
	const visitors = 100
	for name, open := range map[string]func(b *testing.B, conns int) session.Store{
		"PostgreSQL": func(b *testing.B, conns int) session.Store {
			return openPgxPool(b, servertest.Postgres(b), conns)
		},
		"MariaDB": func(b *testing.B, conns int) session.Store {
			return openMariaDBPool(b, servertest.MariaDB(b), conns)
		},
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
