package redisstore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/redisstore"
)

// BenchmarkLoad beside the bare GET by the same client.
func BenchmarkLoad(b *testing.B) {
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{servertest.Redis(b).Addr}, ForceSingleClient: true,
	})
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	for name, o := range map[string]redisstore.Options{
		"store": {Prefix: newPrefix()}, "cached": {Prefix: newPrefix(), ClientCache: time.Minute},
	} {
		rec := created(b, noerror.In(redisstore.New(client, &o)), strings.Repeat("x", 200))
		store := noerror.In(redisstore.New(client, &o)) // as in another process
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := store.Load(b.Context(), rec.Key); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("GET for "+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := client.Do(b.Context(), client.B().Get().Key(o.Prefix+rec.Key).Build()).AsBytes(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
