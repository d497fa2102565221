package matrix

import (
	"bytes"
	"time"

	"github.com/alexedwards/scs/goredisstore"
	"github.com/alexedwards/scs/redisstore"
	"github.com/bradfitz/gomemcache/memcache"
	"github.com/gomodule/redigo/redis"
	rbcervilla "github.com/rbcervilla/redisstore/v9"
	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/memcachestore"
	jamredis "github.com/jamsession/jamsession/redisstore"
	"github.com/jamsession/jamsession/session"
)

var cachePages = []Case{ReadCase, ReadWriteCase, CreateCase, ReadLarge, RotateCase, LogoutCase}

// payload is as long as what a login leaves in a store.
var payload = bytes.Repeat([]byte("x"), 250)

var redisEngine = engine{
	name:   "Redis",
	server: true,
	cases:  cachePages,
	open: func(bed *contest.Bed) []entrant {
		addr := servertest.Redis(bed).Addr
		client := dialRedis(bed, addr)
		shared := &jamredis.Options{Codec: django.Pickled(), Prefix: "django:"}
		goClient := goredis.NewClient(&goredis.Options{Addr: addr})
		bed.Cleanup(func() { _ = goClient.Close() })
		pool := &redis.Pool{MaxIdle: 32, Dial: func() (redis.Conn, error) { return redis.Dial("tcp", addr) }}
		bed.Cleanup(func() { _ = pool.Close() })
		gorilla, err := rbcervilla.NewRedisStore(context(), goClient)
		mustNot(err)
		return []entrant{
			{name: floorName, floor: map[Case]func(int) func(){
				ReadCase: bareGet(client, payload), ReadWriteCase: bareGetSet(client, payload),
				ReadLarge: bareGet(client, []byte(large)),
			}, records: bareRedis(client)},
			{name: ours, site: jamsession(noerror.In(jamredis.New(client, nil)), nil)},
			{name: oursDjango, site: jamsession(noerror.In(jamredis.New(client, shared)), django.Pickled())},
			{name: "scs go-redis", site: scsSite(goredisstore.New(goClient))},
			{name: "scs redigo", site: scsSite(redisstore.New(pool))},
			{name: "gorilla", site: gorillaSite(gorilla)},
		}
	},
}

var cachedRedis = engine{
	name:  "Redis, client-side cached",
	cases: []Case{ReadCase, ReadLarge},
	open: func(bed *contest.Bed) []entrant {
		addr := servertest.Redis(bed).Addr
		store, err := jamredis.Open(context(), "redis://"+addr, &jamredis.Options{ClientCache: time.Minute})
		mustNot(err)
		bed.Cleanup(func() { _ = store.Close() })
		goClient := goredis.NewClient(&goredis.Options{Addr: addr})
		bed.Cleanup(func() { _ = goClient.Close() })
		client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{addr}})
		mustNot(err)
		bed.Cleanup(client.Close)
		return []entrant{
			{name: floorName, floor: map[Case]func(int) func(){
				ReadCase: bareCached(client, payload), ReadLarge: bareCached(client, []byte(large)),
			}},
			{name: ours, site: jamsession(store, nil)},
			{name: "scs go-redis", site: scsSite(goredisstore.New(goClient))},
		}
	},
}

func dialRedis(bed *contest.Bed, addr string) rueidis.Client {
	client, err := jamredis.Dial(context(), "redis://"+addr)
	mustNot(err)
	bed.Cleanup(client.Close)
	return client
}

func bareGet(client rueidis.Client, value []byte) func(int) func() {
	return func(goroutine int) func() {
		key := setBare(client, goroutine, value)
		return func() { getBare(client, key, len(value)) }
	}
}

func bareGetSet(client rueidis.Client, value []byte) func(int) func() {
	return func(goroutine int) func() {
		key := setBare(client, goroutine, value)
		return func() {
			getBare(client, key, len(value))
			set := client.B().Set().Key(key).Value(rueidis.BinaryString(value)).ExSeconds(3600).Build()
			mustNot(client.Do(context(), set).Error())
		}
	}
}

func bareCached(client rueidis.Client, value []byte) func(int) func() {
	return func(goroutine int) func() {
		key := setBare(client, goroutine, value)
		return func() {
			get := client.B().Get().Key(key).Cache()
			got, err := client.DoCache(context(), get, time.Minute).AsBytes()
			mustNot(err)
			must(len(got) == len(value), "the value is not what was set")
		}
	}
}

func bareRedis(client rueidis.Client) *bareRecords {
	return &bareRecords{
		create: func(key string) {
			set := client.B().Set().Key(key).Value(rueidis.BinaryString(payload)).ExSeconds(3600).Build()
			mustNot(client.Do(context(), set).Error())
		},
		remove: func(key string) { mustNot(client.Do(context(), client.B().Del().Key(key).Build()).Error()) },
	}
}

func setBare(client rueidis.Client, goroutine int, value []byte) string {
	key := "bare:" + bareKey(goroutine) + string(rune('a'+len(value)%26))
	set := client.B().Set().Key(key).Value(rueidis.BinaryString(value)).Build()
	mustNot(client.Do(context(), set).Error())
	return key
}

func getBare(client rueidis.Client, key string, length int) {
	got, err := client.Do(context(), client.B().Get().Key(key).Build()).AsBytes()
	mustNot(err)
	must(len(got) == length, "the value is not what was set")
}

var memcached = engine{
	name:   "Memcached",
	server: true,
	cases:  cachePages,
	open: func(bed *contest.Bed) []entrant {
		addr := servertest.Memcached(bed).Addr
		open := func(o *memcachestore.Options) session.Store {
			store, err := memcachestore.Open(context(), []string{addr}, o)
			mustNot(err)
			bed.Cleanup(func() { _ = store.Close() })
			return store
		}
		client := memcache.New(addr)
		client.MaxIdleConns = 64
		return []entrant{
			{name: floorName, floor: map[Case]func(int) func(){
				ReadCase: bareMemcached(client, payload), ReadLarge: bareMemcached(client, []byte(large)),
			}, records: &bareRecords{
				create: func(key string) { mustNot(client.Set(&memcache.Item{Key: key, Value: payload})) },
				remove: func(key string) { mustNot(client.Delete(key)) },
			}},
			{name: ours, site: jamsession(open(nil), nil)},
			{name: oursDjango, site: jamsession(
				open(&memcachestore.Options{Codec: django.Pickled(), Prefix: "django:"}), django.Pickled())},
		}
	},
}

func bareMemcached(client *memcache.Client, value []byte) func(int) func() {
	return func(goroutine int) func() {
		key := "bare:" + bareKey(goroutine)
		mustNot(client.Set(&memcache.Item{Key: key, Value: value}))
		return func() {
			item, err := client.Get(key)
			mustNot(err)
			must(len(item.Value) == len(value), "the value is not what was set")
		}
	}
}

var cachedDB = engine{
	name:   "cached_db: Redis before PostgreSQL",
	server: true,
	cases:  []Case{ReadCase, ReadWriteCase, CreateCase, RotateCase, LogoutCase},
	open: func(bed *contest.Bed) []entrant {
		client := dialRedis(bed, servertest.Redis(bed).Addr)
		at := servertest.Postgres(bed)
		table := pgxStore(bed, at)
		open := func(prefix string, o *cachedstore.Options) session.Store {
			cache := noerror.In(jamredis.NewCache(client, &jamredis.Options{Prefix: prefix}))
			store := noerror.In(cachedstore.New(table, cache, o))
			bed.Cleanup(func() { _ = store.Close() })
			return store
		}
		codec := djangoCodec()
		return []entrant{
			{
				name: floorName, floor: map[Case]func(int) func(){ReadCase: bareGet(client, payload)},
				records: bareCachedDB(client, barePgx(bed).records),
			},
			{name: ours, site: jamsession(open("plain:", nil), nil)},
			{name: oursDjango, site: jamsession(
				open("django:", &cachedstore.Options{Codec: codec}), codec)},
		}
	},
}

// bareCachedDB deletes a row and an entry.
func bareCachedDB(client rueidis.Client, rows *bareRecords) *bareRecords {
	entries := bareRedis(client)
	return &bareRecords{
		create: func(key string) { rows.create(key); entries.create(key) },
		remove: func(key string) { rows.remove(key); entries.remove(key) },
	}
}
