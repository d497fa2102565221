package failover

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/settings"
	sites "github.com/jamsession/jamsession/site"
	_ "github.com/jamsession/jamsession/site/all" // opens what the settings name
)

// downAfter is how long a server may be silent until the others agree that it is down: a
// seventh of a cluster's default, and a fifteenth of a Sentinel's.
const downAfter = 2 * time.Second

// open opens a site, with all that is not told by default.
func (r *run) open(more map[string]string) *site {
	flags := map[string]string{
		"SECRET_KEY":    "p4Yt7wq0Zr8Vd2Lx6Nb3Ms9Kc5Jh1Gf-Qe_Ta.Uo+Wi/Xy=RlHg",
		"LOGIN_URL":     "/login",
		"ALLOWED_HOSTS": "*", "NEW_SESSION_LIMIT": "none",
	}
	for name, value := range more {
		flags[name] = value
	}
	s, err := settings.Load(settings.Sources{Flags: flags})
	r.check("settings", err)
	r.check("migrate", sites.Migrate(r.ctx, s, nil))
	opened, err := sites.Open(r.ctx, s, nil)
	r.check("open", err)
	r.Cleanup(func() { _ = opened.Close() })
	return &site{opened.Handler(pages()), r.ctx}
}

// cache are the settings of a site with its sessions in Redis.
func (r *run) cache(url string) map[string]string {
	return map[string]string{
		"DATABASE_URL":   "sqlite:///" + filepath.Join(r.TempDir(), "db.sqlite3"),
		"SESSION_ENGINE": "cache", "CACHE_URL": url, "SESSION_CACHE_FORMAT": "plain",
	}
}

// do asks a Redis.
func (r *run) do(s *servertest.Server, args ...any) any {
	client := redis.NewClient(&redis.Options{Addr: s.Addr})
	defer func() { _ = client.Close() }()
	got, err := client.Do(r.ctx, args...).Result()
	r.check(fmt.Sprint(args...), err)
	return got
}

// until waits for what must come soon.
func (r *run) until(what string, is func() bool) {
	for begin := time.Now(); !is(); r.wait(50 * time.Millisecond) {
		if time.Since(begin) > 30*time.Second {
			r.Fatalf("not within 30 s: %s", what)
		}
	}
}

// follows waits until a Redis has all that its primary has.
func (r *run) follows(replica *servertest.Server) {
	r.until("a replica follows", func() bool {
		return strings.Contains(fmt.Sprint(r.do(replica, "INFO", "replication")), "master_link_status:up")
	})
}

// sentinel has a primary, a replica, and three Sentinels, of which two must agree.
func (r *run) sentinel() place {
	primary := servertest.StartRedisWith(r)
	host, port, err := net.SplitHostPort(primary.Addr)
	r.check("address", err)
	r.follows(servertest.StartRedisWith(r, "--replicaof", host, port, "--repl-diskless-sync-delay", "0"))
	var addrs []string
	var sentinels []*servertest.Server
	for range 3 {
		s := servertest.StartSentinel(r, r.file("sentinel.conf", fmt.Sprintf(
			"sentinel monitor mymaster %s %s 2\nsentinel down-after-milliseconds mymaster %d\n",
			host, port, downAfter.Milliseconds())))
		sentinels, addrs = append(sentinels, s), append(addrs, s.Addr)
	}
	for _, s := range sentinels {
		r.until("the Sentinels know each other", func() bool {
			state := fmt.Sprint(r.do(s, "SENTINEL", "MASTER", "mymaster"))
			return strings.Contains(state, "num-other-sentinels:2") && strings.Contains(state, "num-slaves:1")
		})
	}
	return place{r.cache("redis-sentinel://" + strings.Join(addrs, ",") + "/mymaster/0"), primary.Kill}
}

// file returns the path of a file that servers may rewrite, whoever they run as.
func (r *run) file(name, text string) string {
	dir := r.TempDir()
	r.check("chmod", os.Chmod(dir, 0o777))
	path := filepath.Join(dir, name)
	r.check("write", os.WriteFile(path, []byte(text), 0o666))
	r.check("chmod", os.Chmod(path, 0o666))
	return path
}

// cluster has three primaries with a replica each.
func (r *run) cluster(options ...string) place {
	options = append([]string{
		"--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
		"--cluster-node-timeout", fmt.Sprint(downAfter.Milliseconds()), "--repl-diskless-sync-delay", "0",
	}, options...)
	var nodes []*servertest.Server
	var addrs []string
	for range 6 {
		node := servertest.StartRedisWith(r, options...)
		nodes, addrs = append(nodes, node), append(addrs, node.Addr)
	}
	host, port, err := net.SplitHostPort(nodes[0].Addr)
	r.check("address", err)
	for i, node := range nodes {
		r.do(node, "CLUSTER", "SET-CONFIG-EPOCH", i+1)
		if i > 0 {
			r.do(node, "CLUSTER", "MEET", host, port)
		}
	}
	const slots = 16384
	primaries, replicas := nodes[:3], nodes[3:]
	for i, primary := range primaries {
		r.do(primary, "CLUSTER", "ADDSLOTSRANGE", i*slots/3, (i+1)*slots/3-1)
	}
	r.agree(nodes, "cluster_known_nodes:6")
	for i, replica := range replicas {
		r.do(replica, "CLUSTER", "REPLICATE", r.do(primaries[i], "CLUSTER", "MYID"))
		r.follows(replica)
	}
	r.agree(nodes, "cluster_state:ok")
	return place{r.cache("redis-cluster://" + strings.Join(addrs, ",")), primaries[0].Kill}
}

func (r *run) agree(nodes []*servertest.Server, line string) {
	for _, node := range nodes {
		r.until("all nodes say "+line, func() bool {
			return strings.Contains(fmt.Sprint(r.do(node, "CLUSTER", "INFO")), line)
		})
	}
}

// A pair is a PostgreSQL and a standby that follows it.
type pair struct {
	primary, standby *servertest.Server
	db               servertest.Database
}

func (r *run) pair() pair {
	primary, db := servertest.StartPostgres(r)
	p := pair{primary, primary.Standby(r), db}
	r.replicates(p, "async")
	return p
}

// replicates waits until the primary sends its changes in this way.
func (r *run) replicates(p pair, way string) {
	conn, err := pgx.Connect(r.ctx, p.db.PostgresURL())
	r.check("connect", err)
	defer func() { _ = conn.Close(r.ctx) }()
	r.until("the standby follows, "+way, func() bool {
		var n int
		r.check("ask", conn.QueryRow(r.ctx, "SELECT count(*) FROM pg_stat_replication"+
			" WHERE state = 'streaming' AND sync_state = $1", way).Scan(&n))
		return n == 1
	})
}

func (r *run) waitForStandby(p pair) {
	p.primary.Run(r, "ALTER SYSTEM SET synchronous_standby_names = '*'")
	p.primary.Run(r, "SELECT pg_reload_conf()")
	r.replicates(p, "sync")
}

// named returns a site that has a name, which moves.
func (r *run) named(p pair) place {
	name := servertest.NewName(r, p.primary.Addr)
	db := p.db
	db.Addr = name.Addr
	return place{map[string]string{"DATABASE_URL": db.PostgresURL(), "SESSION_ENGINE": "db"}, func() {
		p.primary.Kill()
		p.standby.Run(r, "SELECT pg_promote()")
		name.Move(p.standby.Addr)
	}}
}

func (r *run) asynchronous() place { return r.named(r.pair()) }

func (r *run) synchronous() place {
	p := r.pair()
	r.waitForStandby(p)
	return r.named(p)
}

// twoHosts has no name that moves: the client looks for the server that can be written to.
func (r *run) twoHosts() place {
	p := r.pair()
	r.waitForStandby(p)
	host, one, _ := net.SplitHostPort(p.primary.Addr)
	_, two, _ := net.SplitHostPort(p.standby.Addr)
	url := fmt.Sprintf("postgres://%s@/%s?host=%s,%s&port=%s,%s&sslmode=disable"+
		"&target_session_attrs=read-write", p.db.User, p.db.Name, host, host, one, two)
	return place{map[string]string{"DATABASE_URL": url, "SESSION_ENGINE": "db"}, func() {
		p.primary.Kill()
		p.standby.Run(r, "SELECT pg_promote()")
	}}
}
