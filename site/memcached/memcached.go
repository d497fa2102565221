// Package memcached lets package site open a CACHE_URL that begins with
// memcached://. Import it only for that:
//
//	import _ "github.com/jamsession/jamsession/site/memcached"
package memcached

import (
	"context"
	"strings"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/internal/siteparts"
	"github.com/jamsession/jamsession/memcachestore"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

func init() {
	siteparts.RegisterCache("memcached", siteparts.Cache{Store: store, Table: table})
}

func store(ctx context.Context, at secret.Text, o siteparts.CacheOptions) (session.Store, error) {
	return memcachestore.Open(ctx, servers(at), options(o))
}

func table(ctx context.Context, at secret.Text, o siteparts.CacheOptions) (cachedstore.Cache, error) {
	return memcachestore.OpenCache(ctx, servers(at), options(o))
}

func options(o siteparts.CacheOptions) *memcachestore.Options {
	return &memcachestore.Options{Prefix: o.Prefix, KeyFunc: o.KeyFunc, Codec: o.Codec, Hashing: o.Hashing}
}

// servers returns the servers of a URL.
func servers(at secret.Text) []string {
	_, rest, _ := strings.Cut(at.Reveal(), "://")
	if strings.HasPrefix(rest, "/") {
		return []string{rest}
	}
	return strings.Split(strings.TrimSuffix(rest, "/"), ",")
}
