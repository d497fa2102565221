// Package redis lets package site open a CACHE_URL that begins with
// redis:// and the like. Import it only for that:
//
//	import _ "github.com/jamsession/jamsession/site/redis"
package redis

import (
	"context"

	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/auth/throttle/redisthrottle"
	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/internal/siteparts"
	"github.com/jamsession/jamsession/redisstore"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

func init() {
	siteparts.RegisterCache("redis", siteparts.Cache{Store: store, Table: table, Attempts: attempts})
}

func store(ctx context.Context, at secret.Text, o siteparts.CacheOptions) (session.Store, error) {
	return redisstore.Open(ctx, at.Reveal(), options(o))
}

func table(ctx context.Context, at secret.Text, o siteparts.CacheOptions) (cachedstore.Cache, error) {
	return redisstore.OpenCache(ctx, at.Reveal(), options(o))
}

func options(o siteparts.CacheOptions) *redisstore.Options {
	return &redisstore.Options{
		Prefix: o.Prefix, KeyFunc: o.KeyFunc, Codec: o.Codec,
		ClientCache: o.ClientCache, ClientCacheBytes: o.ClientCacheBytes,
	}
}

func attempts(ctx context.Context, at secret.Text, prefix string) (throttle.Store, error) {
	client, err := redisstore.Dial(ctx, at.Reveal())
	if err != nil {
		return nil, err
	}
	store, err := redisthrottle.New(client, &redisthrottle.Options{Prefix: prefix})
	if err != nil {
		client.Close()
		return nil, err
	}
	return closing{store.(throttle.Ledger), client.Close}, nil
}

// closing is a store on a client that is closed with it.
type closing struct {
	throttle.Ledger

	client func()
}

func (c closing) Close() error {
	defer c.client()
	return c.Ledger.Close()
}
