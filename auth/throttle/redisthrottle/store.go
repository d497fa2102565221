// Package redisthrottle keeps the attempts that package throttle counts in
// Redis or Valkey, for all processes of a site. A decision is one script, in
// one round trip, and buckets that are full leave Redis by themselves.
//
//	client, err := rueidis.NewClient(rueidis.ClientOption{
//		InitAddress:  []string{"localhost:6379"},
//		DisableCache: true,
//	})
//	...
//	attempts, err := redisthrottle.New(client, nil)
//	...
//	limiter, err := throttle.New(attempts, keys, nil)
//
// Redis must not evict its keys (maxmemory-policy noeviction, or a separate
// server): an evicted bucket counts as full.
package redisthrottle

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/auth/internal/gcra"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/internal/redislimit"
)

// Options configure a store.
type Options struct {
	// Prefix is put before a bucket's name to form the key in Redis. Empty is
	// "jamsession:throttle:".
	Prefix string
}

// A store keeps buckets in Redis.
type store struct {
	client rueidis.Client
	prefix string
}

// New returns a store on a client, which stays the caller's to close: a single
// server, a cluster or sentinels. The options may be nil. The error says that the
// client is nil.
func New(client rueidis.Client, o *Options) (throttle.Store, error) {
	if client == nil {
		return nil, errors.New("redisthrottle: New: the client is nil")
	}
	s := &store{client: redislimit.New(client), prefix: "jamsession:throttle:"}
	if o != nil && o.Prefix != "" {
		s.prefix = o.Prefix
	}
	return s, nil
}

// Close implements [throttle.Store]. The client stays the caller's.
func (s *store) Close() error { return nil }

// takeScript is gcra.Take on KEYS[1], with now, every, depth and the skew, all
// in microseconds, in ARGV.
var takeScript = rueidis.NewLuaScript(`
local now, every, depth = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local stored = tonumber(redis.call('GET', KEYS[1]) or '0')
local full = stored
if full < now then
	full = now
elseif full > now + depth + tonumber(ARGV[4]) then
	full = now + depth
end
local wait = full + every - now - depth
if wait <= 0 then
	wait, full = 0, full + every
end
if full ~= stored then
	redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
end
return wait
`)

// Take implements [throttle.Store].
func (s *store) Take(
	ctx context.Context, key string, limit throttle.Limit, now time.Time,
) (time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, wrap(ctx, "take", err)
	}
	every := limit.Every.Microseconds()
	wait, err := takeScript.Exec(ctx, s.client, []string{s.prefix + key}, []string{
		strconv.FormatInt(now.UnixMicro(), 10),
		strconv.FormatInt(every, 10),
		strconv.FormatInt(every*int64(limit.Burst), 10),
		strconv.FormatInt(gcra.MaxSkew, 10),
	}).AsInt64()
	if err != nil {
		return 0, wrap(ctx, "take", err)
	}
	return time.Duration(wait) * time.Microsecond, nil
}

// giveScript moves the instant at which KEYS[1] is full, and its time to live,
// earlier by ARGV[1] microseconds.
var giveScript = rueidis.NewLuaScript(`
local left = redis.call('PTTL', KEYS[1]) - math.floor(tonumber(ARGV[1]) / 1000)
if left > 0 then
	redis.call('DECRBY', KEYS[1], ARGV[1])
	redis.call('PEXPIRE', KEYS[1], left)
else
	redis.call('DEL', KEYS[1])
end
return 0
`)

// Give implements [throttle.Store].
func (s *store) Give(ctx context.Context, key string, limit throttle.Limit) error {
	if err := ctx.Err(); err != nil {
		return wrap(ctx, "give", err)
	}
	every := strconv.FormatInt(limit.Every.Microseconds(), 10)
	err := giveScript.Exec(ctx, s.client, []string{s.prefix + key}, []string{every}).Error()
	return wrap(ctx, "give", err)
}

// FullAt implements [throttle.Ledger].
func (s *store) FullAt(ctx context.Context, key string) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, wrap(ctx, "read", err)
	}
	full, err := s.client.Do(ctx, s.client.B().Get().Key(s.prefix+key).Build()).AsInt64()
	if rueidis.IsRedisNil(err) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, wrap(ctx, "read", err)
	}
	return time.UnixMicro(full), nil
}

// Fill implements [throttle.Ledger].
func (s *store) Fill(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return wrap(ctx, "fill", err)
	}
	err := s.client.Do(ctx, s.client.B().Del().Key(s.prefix+key).Build()).Error()
	return wrap(ctx, "fill", err)
}

// wrap adds what failed. If the context is done, the result wraps ctx.Err,
// whatever the client's error is.
func wrap(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	if done := ctx.Err(); done != nil && !errors.Is(err, done) {
		return fmt.Errorf("redisthrottle: %s: %w: %w", doing, done, err)
	}
	return fmt.Errorf("redisthrottle: %s: %w", doing, err)
}
