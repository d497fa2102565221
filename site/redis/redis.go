// Package redis lets package site open a CACHE_URL that begins with
// redis:// and the like. Import it only for that:
//
//	import _ "github.com/jamsession/jamsession/site/redis"
package redis

import (
	"context"
	"io"

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

func store(ctx context.Context, at secret.Text, prefix string, codec session.Codec) (session.Store, error) {
	return redisstore.Open(ctx, at.Reveal(), &redisstore.Options{Prefix: prefix, Codec: codec})
}

func table(ctx context.Context, at secret.Text, prefix string) (cachedstore.Cache, error) {
	return redisstore.OpenCache(ctx, at.Reveal(), &redisstore.Options{Prefix: prefix})
}

func attempts(ctx context.Context, at secret.Text, prefix string) (throttle.Store, io.Closer, error) {
	client, err := redisstore.Dial(ctx, at.Reveal())
	if err != nil {
		return nil, nil, err
	}
	return redisthrottle.New(client, &redisthrottle.Options{Prefix: prefix}), closeFunc(client.Close), nil
}

// closeFunc closes what cannot fail to.
type closeFunc func()

func (f closeFunc) Close() error { f(); return nil }
