package capacity

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/bradfitz/gomemcache/memcache"
	"github.com/redis/go-redis/v9"

	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/memcachestore"
	"github.com/jamsession/jamsession/redisstore"
	"github.com/jamsession/jamsession/session"
)

func plain() session.Codec { return nil }

// prefix is what the stores put before the key.
const prefix = "jamsession:"

// header returns what a store has put before the data of a record.
func (r *run) header(value string, rec session.Record) string {
	header, ok := strings.CutSuffix(value, string(rec.Data))
	if !ok {
		r.Fatalf("the server does not keep a header and the data")
	}
	return header
}

// fillRedis lets the store make one record, and copies what that is in Redis.
func fillRedis(r *run, f filling) filled {
	server := servertest.StartRedisWith(r)
	client := redis.NewClient(&redis.Options{Addr: server.Addr, ReadTimeout: time.Minute})
	r.Cleanup(func() { _ = client.Close() })
	before := r.usedMemory(client)
	store, err := redisstore.Open(r.ctx, "redis://"+server.Addr, nil)
	r.check("open", err)
	r.Cleanup(func() { _ = store.(interface{ Close() error }).Close() })
	first := f.record(0)
	r.check("create", store.Create(r.ctx, first))
	value, err := client.Get(r.ctx, prefix+first.Key).Result()
	r.check("read what the store made", err)
	header := r.header(value, first)

	const atOnce = 1000
	r.inParallel((f.n+atOnce-1)/atOnce, func(batch int) error {
		pipe := client.Pipeline()
		for i := batch * atOnce; i < min(f.n, (batch+1)*atOnce); i++ {
			rec := f.record(i)
			pipe.SetArgs(r.ctx, prefix+rec.Key, header+string(rec.Data), redis.SetArgs{ExpireAt: rec.Expiry})
		}
		_, err := pipe.Exec(r.ctx)
		return err
	})
	keys, err := client.DBSize(r.ctx).Result()
	r.check("count", err)
	if int(keys) != f.n {
		r.Fatalf("Redis has %d keys, want %d", keys, f.n)
	}
	return filled{store: store, bytes: r.usedMemory(client) - before, busy: server.Processor}
}

func (r *run) usedMemory(client *redis.Client) (bytes float64) {
	info, err := client.Info(r.ctx, "memory").Result()
	r.check("ask Redis", err)
	_, rest, _ := strings.Cut(info, "used_memory:")
	_, err = fmt.Sscan(rest, &bytes)
	r.check("read used_memory", err)
	return bytes
}

// fillMemcached does the same in Memcached.
func fillMemcached(r *run, f filling) filled {
	server := servertest.StartMemcachedWith(r, "-m", fmt.Sprint(64+f.n/1000))
	before := r.memcachedBytes(server.Addr, 0)
	store, err := memcachestore.Open(r.ctx, []string{server.Addr}, nil)
	r.check("open", err)
	r.Cleanup(func() { _ = store.(interface{ Close() error }).Close() })
	first := f.record(0)
	r.check("create", store.Create(r.ctx, first))
	client := memcache.New(server.Addr)
	defer func() { _ = client.Close() }()
	item, err := client.Get(prefix + first.Key)
	r.check("read what the store made", err)
	header := r.header(string(item.Value), first)

	conn, err := net.Dial("tcp", server.Addr)
	r.check("connect", err)
	defer func() { _ = conn.Close() }()
	out := bufio.NewWriterSize(conn, 1<<20)
	for i := range f.n {
		rec := f.record(i)
		_, _ = fmt.Fprintf(out, "set %s%s %d %d %d noreply\r\n%s%s\r\n", prefix, rec.Key,
			item.Flags, rec.Expiry.Unix(), len(header)+len(rec.Data), header, rec.Data)
	}
	_, _ = out.WriteString("version\r\n") // is answered when all are set
	r.check("send", out.Flush())
	_, err = bufio.NewReader(conn).ReadString('\n')
	r.check("wait", err)
	return filled{store: store, bytes: r.memcachedBytes(server.Addr, f.n) - before, busy: server.Processor}
}

// memcachedBytes returns what Memcached has taken for items, of which there must be n, and for
// its table of them.
func (r *run) memcachedBytes(addr string, n int) (bytes float64) {
	conn, err := net.Dial("tcp", addr)
	r.check("connect", err)
	defer func() { _ = conn.Close() }()
	for _, ask := range []string{"stats", "stats slabs"} {
		_, err := fmt.Fprintf(conn, "%s\r\n", ask)
		r.check("ask Memcached", err)
		for lines := bufio.NewScanner(conn); lines.Scan() && lines.Text() != "END"; {
			var name string
			var value float64
			_, _ = fmt.Sscanf(lines.Text(), "STAT %s %g", &name, &value)
			switch name {
			case "hash_bytes", "total_malloced":
				bytes += value
			case "curr_items":
				if int(value) != n {
					r.Fatalf("Memcached has %v items, want %d", value, n)
				}
			}
		}
	}
	return bytes
}
