package servertest_test

import (
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// TestDatabasesAreNew: each call makes a database of its own on one server.
func TestDatabasesAreNew(t *testing.T) {
	for name, get := range map[string]func(testing.TB) servertest.Database{
		"PostgreSQL": servertest.Postgres,
		"MariaDB":    servertest.MariaDB,
	} {
		t.Run(name, func(t *testing.T) {
			a, b := get(t), get(t)
			if a.Name == b.Name || a.Addr != b.Addr {
				t.Errorf("got %+v and %+v, want two databases of one server", a, b)
			}
		})
	}
}

// TestServersComeBack: a killed server is gone, and starts again in place.
func TestServersComeBack(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *servertest.Server{
		"PostgreSQL": func(t testing.TB) *servertest.Server { s, _ := servertest.StartPostgres(t); return s },
		"Redis":      servertest.StartRedis,
		"Memcached":  servertest.StartMemcached,
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			s.Kill()
			if answers(s) {
				t.Fatal("a killed server answers")
			}
			s.Start(t)
			if !answers(s) {
				t.Fatal("a server that was started again does not answer")
			}
			s.Stop()
		})
	}
}

func answers(s *servertest.Server) bool {
	conn, err := net.DialTimeout("tcp", s.Addr, time.Second)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

func TestMemcachedSocket(t *testing.T) {
	conn, err := net.Dial("unix", servertest.MemcachedSocket(t).Socket)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}

// TestProcessorIsCounted of a server that works.
func TestProcessorIsCounted(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells it")
	}
	s := servertest.StartRedis(t)
	before := s.Processor()
	conn, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "EVAL 'for i = 1, 1e7 do end' 0\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 64)); err != nil {
		t.Fatal(err)
	}
	if s.Processor() <= before {
		t.Errorf("it has worked, and took %v before and %v after", before, s.Processor())
	}
}
