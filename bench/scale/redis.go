package scale

import (
	"fmt"
	"strings"

	"github.com/alexedwards/scs/goredisstore"
	"github.com/redis/go-redis/v9"

	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/redisstore"
)

// redisGoroutines log in at the same time, so that the way to the server is
// shared.
const redisGoroutines = 64

// redis measures the memory that sessions need in Redis, and returns its
// version.
func (r *run) redis() string {
	ours, version := r.redisBytes("redisstore", func(addr string) (logIn, func()) {
		store, err := redisstore.Open(r.ctx, "redis://"+addr, nil)
		r.check("open", err)
		return jamsession(store), func() { _ = store.Close() }
	})
	theirs, _ := r.redisBytes("scs goredisstore", func(addr string) (logIn, func()) {
		client := redis.NewClient(&redis.Options{Addr: addr})
		return scsSession(goredisstore.New(client)), func() { _ = client.Close() }
	})
	r.add(r.bytesPerSession("Memory of "+thousands(r.size.Sessions)+" sessions in Redis",
		"Redis's used_memory, with the sessions less without them.",
		[]string{"jamsession redisstore", "scs goredisstore"}, []float64{ours, theirs}))
	return version
}

// redisBytes returns how many bytes a session takes in a server of its own.
func (r *run) redisBytes(
	name string, open func(addr string) (logIn, func()),
) (bytes float64, version string) {
	server := servertest.StartRedisWith(r)
	defer server.Kill()
	client := redis.NewClient(&redis.Options{Addr: server.Addr})
	defer func() { _ = client.Close() }()
	before := r.usedMemory(client)
	one, closeStore := open(server.Addr)
	r.logInAll(name+": "+thousands(r.size.Sessions)+" sessions", one, redisGoroutines)
	closeStore()
	keys, err := client.DBSize(r.ctx).Result()
	r.check("count", err)
	if int(keys) != r.size.Sessions {
		r.Fatalf("Redis has %d keys, want %d", keys, r.size.Sessions)
	}
	bytes = (r.usedMemory(client) - before) / float64(r.size.Sessions)
	return bytes, r.redisInfo(client, "server", "redis_version")
}

func (r *run) usedMemory(client *redis.Client) (bytes float64) {
	_, err := fmt.Sscan(r.redisInfo(client, "memory", "used_memory"), &bytes)
	r.check("read used_memory", err)
	return bytes
}

func (r *run) redisInfo(client *redis.Client, section, name string) string {
	info, err := client.Info(r.ctx, section).Result()
	r.check("ask Redis", err)
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	r.Fatalf("Redis does not tell its %s", name)
	return ""
}
