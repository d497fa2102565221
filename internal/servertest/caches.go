package servertest

import (
	"os/exec"
	"syscall"
	"testing"
)

// Redis returns the Redis that the tests share. Tests keep apart by the
// prefix of their keys.
func Redis(t testing.TB) *Server {
	t.Helper()
	s, _ := shared.get(t, redis)
	return s
}

// HasValkey reports whether there is a Valkey: installed, or in the folder that
// JAMSESSION_ASIDE names. Without one its cases are left out.
func HasValkey() bool {
	_, err := valkey.find()
	return err == nil
}

// Valkey returns the Valkey that the tests share, if [HasValkey].
func Valkey(t testing.TB) *Server {
	t.Helper()
	s, _ := shared.get(t, valkey)
	return s
}

// StartRedis runs a Redis for one test. It keeps an append-only file, so that
// it comes back with its keys.
func StartRedis(t testing.TB) *Server {
	t.Helper()
	return start(t, durableRedis)
}

// Memcached returns the Memcached that the tests share. It listens on its
// port; see [MemcachedSocket]. Tests keep apart by the prefix of their keys.
func Memcached(t testing.TB) *Server {
	t.Helper()
	s, _ := shared.get(t, memcached)
	return s
}

// StartMemcached runs a Memcached for one test.
func StartMemcached(t testing.TB) *Server {
	t.Helper()
	return start(t, memcached)
}

// MemcachedSocket returns a shared Memcached that listens on its socket only.
func MemcachedSocket(t testing.TB) *Server {
	t.Helper()
	s, _ := shared.get(t, memcachedSocket)
	return s
}

func redisCommand(options ...string) func(*Server, map[string]string) *exec.Cmd {
	return redisLike("redis-server", options...)
}

func redisLike(program string, options ...string) func(*Server, map[string]string) *exec.Cmd {
	return func(s *Server, bin map[string]string) *exec.Cmd {
		args := []string{
			"--bind", "127.0.0.1", "--port", s.port(), "--unixsocket", s.Socket,
			"--unixsocketperm", "777", "--dir", s.dir, "--save", "",
		}
		return exec.Command(bin[program], append(args, options...)...)
	}
}

var valkey = kind{
	name:     "Valkey",
	user:     "nobody",
	programs: []string{"valkey-server"},
	globs:    []string{Aside("valkey/usr/bin")},
	command:  redisLike("valkey-server"),
	stop:     syscall.SIGTERM,
	ready:    dial,
}

var redis = kind{
	name:     "Redis",
	user:     "redis",
	programs: []string{"redis-server"},
	command:  redisCommand(),
	stop:     syscall.SIGTERM,
	ready:    dial,
}

var durableRedis = kind{
	name:     "Redis",
	user:     "redis",
	programs: []string{"redis-server"},
	command:  redisCommand("--appendonly", "yes", "--appendfsync", "always"),
	stop:     syscall.SIGTERM,
	ready:    dial,
}

// StartMemcachedWith runs a Memcached with further options, such as "-I", "2m".
func StartMemcachedWith(t testing.TB, options ...string) *Server {
	t.Helper()
	k := memcached
	k.command = memcachedCommand(options...)
	return start(t, k)
}

func memcachedCommand(options ...string) func(*Server, map[string]string) *exec.Cmd {
	return func(s *Server, bin map[string]string) *exec.Cmd {
		args := []string{"-l", "127.0.0.1", "-p", s.port(), "-m", "64"}
		return exec.Command(bin["memcached"], append(args, options...)...)
	}
}

var memcached = kind{
	name:     "Memcached",
	user:     "memcache",
	programs: []string{"memcached"},
	command:  memcachedCommand(),
	stop:     syscall.SIGTERM,
	ready:    dial,
}

var memcachedSocket = kind{
	name:     "Memcached on a socket",
	user:     "memcache",
	programs: []string{"memcached"},
	command: func(s *Server, bin map[string]string) *exec.Cmd {
		return exec.Command(bin["memcached"], "-s", s.Socket, "-a", "777", "-m", "64")
	},
	stop:  syscall.SIGTERM,
	ready: func(s *Server, _ map[string]string) error { return dialSocket(s) },
}

// StartRedisWith runs a Redis with further options, such as
// "--cluster-enabled", "yes".
func StartRedisWith(t testing.TB, options ...string) *Server {
	t.Helper()
	k := redis
	k.command = redisCommand(options...)
	return start(t, k)
}

// StartSentinel runs a Redis Sentinel, which rewrites its configuration.
func StartSentinel(t testing.TB, configuration string) *Server {
	t.Helper()
	k := redis
	k.name = "Redis Sentinel"
	k.command = func(s *Server, bin map[string]string) *exec.Cmd {
		return exec.Command(bin["redis-server"], configuration, "--sentinel",
			"--bind", "127.0.0.1", "--port", s.port(), "--dir", s.dir)
	}
	return start(t, k)
}
