// Package servertest runs real servers beside tests: PostgreSQL, PgBouncer,
// MariaDB, Redis and Memcached, on loopback ports and sockets of their own.
//
// A package whose tests share servers hands them to [Main]:
//
//	func TestMain(m *testing.M) { servertest.Main(m) }
//
// Tests skip where a server is not installed, unless
// JAMSESSION_REQUIRE_SERVICES is 1: then they fail.
package servertest

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A Server is a running server. Its methods are for one goroutine.
type Server struct {
	Addr   string // host:port, on loopback
	Socket string // the path of its socket

	kind kind
	dir  string
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	log  *os.File
}

// A kind is what differs between servers.
type kind struct {
	name string

	// user is whom the server runs as if the tests run as root.
	user string

	// programs must all be there; globs are tried when PATH has none.
	programs []string
	globs    []string

	// prepare returns a command that fills an empty folder, or nil.
	prepare func(s *Server, bin map[string]string) *exec.Cmd

	// command returns what runs in the foreground until it is killed.
	command func(s *Server, bin map[string]string) *exec.Cmd

	// stop is the signal that ends the server soon and in order.
	stop syscall.Signal

	// ready reports whether the server answers.
	ready func(s *Server, bin map[string]string) error
}

// Main runs the tests of a package and then stops the servers they shared.
func Main(m *testing.M) {
	code := m.Run()
	shared.stop()
	os.Exit(code)
}

// shared are the servers that the tests of this process use together.
var shared = &pool{servers: make(map[string]*Server)}

type pool struct {
	mu      sync.Mutex
	servers map[string]*Server
	serial  int
}

// get returns the shared server of a kind and a number that is new each time.
func (p *pool) get(t testing.TB, k kind) (*Server, int) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serial++
	if s := p.servers[k.name]; s != nil {
		return s, p.serial
	}
	s := open(t, k)
	p.servers[k.name] = s
	return s, p.serial
}

func (p *pool) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.servers {
		s.close()
	}
	clear(p.servers)
}

// start runs a server that belongs to one test and ends with it.
func start(t testing.TB, k kind) *Server {
	t.Helper()
	s := open(t, k)
	t.Cleanup(s.close)
	return s
}

// open makes the folder of a server and runs it.
func open(t testing.TB, k kind) *Server {
	t.Helper()
	bin, err := k.find()
	switch {
	case err == nil:
	case os.Getenv("JAMSESSION_REQUIRE_SERVICES") == "1":
		t.Fatalf("%s is required: %v", k.name, err)
	default:
		t.Skipf("not run: %v", err)
	}
	dir, err := os.MkdirTemp(folder(), "jamtest")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{kind: k, dir: dir, Addr: FreeAddr(t), Socket: filepath.Join(dir, "server.sock")}
	if err := s.fill(bin); err != nil {
		s.close()
		t.Fatalf("prepare %s: %v", k.name, err)
	}
	if err := s.run(); err != nil {
		s.close()
		t.Fatalf("start %s: %v", k.name, err)
	}
	return s
}

// folder is where the folders of servers are made: in that for temporary files, unless the
// path of a socket, which has at most 107 bytes, would be too long there. So is t.TempDir.
func folder() string {
	if dir := os.TempDir(); len(dir) <= 40 {
		return dir
	}
	return "/tmp"
}

func (s *Server) fill(bin map[string]string) (err error) {
	if err := own(s.dir, s.kind.user); err != nil {
		return err
	}
	s.log, err = os.Create(filepath.Join(s.dir, "log"))
	if err != nil || s.kind.prepare == nil {
		return err
	}
	cmd := s.kind.prepare(s, bin)
	if err := runAs(cmd, s.kind.user); err != nil {
		return err
	}
	cmd.Dir = s.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// Start runs the server again after [Server.Kill] or [Server.Stop], at the
// same address and with what it had on disk.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	if err := s.run(); err != nil {
		t.Fatalf("start %s: %v", s.kind.name, err)
	}
}

func (s *Server) run() error {
	bin, err := s.kind.find()
	if err != nil {
		return err
	}
	cmd := s.kind.command(s, bin)
	if err := runAs(cmd, s.kind.user); err != nil {
		return err
	}
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, s.log, s.log
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	s.cmd, s.done = cmd, done
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	return s.wait(bin)
}

// wait returns when the server answers, or says why it does not.
func (s *Server) wait(bin map[string]string) error {
	deadline := time.Now().Add(60 * time.Second)
	for {
		err := s.kind.ready(s, bin)
		if err == nil {
			return nil
		}
		select {
		case <-s.done:
			return fmt.Errorf("it ended at once: %s", s.logged())
		default:
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%w\n%s", err, s.logged())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (s *Server) logged() string {
	out, _ := os.ReadFile(s.log.Name())
	return strings.TrimSpace(string(out))
}

// Kill ends the server at once, as a crash does.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

// Stop ends the server in order, as its administrator does.
func (s *Server) Stop() { s.end(s.kind.stop) }

// Pause keeps the server from answering until [Server.Resume].
func (s *Server) Pause() {
	pause(s.cmd.Process)
	waitForStop(s.cmd)
}

// Resume ends a [Server.Pause].
func (s *Server) Resume() { resume(s.cmd.Process) }

func (s *Server) end(signal syscall.Signal) {
	if s.cmd == nil {
		return
	}
	if signal == syscall.SIGKILL {
		kill(s.cmd, s.dir) // with its children, which may serve on for a moment
	} else {
		_ = s.cmd.Process.Signal(signal)
	}
	select {
	case <-s.done:
	case <-time.After(20 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.done
	}
	s.cmd = nil
}

func (s *Server) close() {
	s.Kill()
	if s.log != nil {
		_ = s.log.Close()
	}
	_ = os.RemoveAll(s.dir)
}

// find returns the path of each of the kind's programs.
func (k kind) find() (map[string]string, error) {
	if !canSignal {
		return nil, fmt.Errorf("no %s: %s has no signals to stop it by", k.name, runtime.GOOS)
	}
	bin := make(map[string]string)
	for _, name := range k.programs {
		path, err := exec.LookPath(name)
		for _, glob := range k.globs {
			if found, _ := filepath.Glob(filepath.Join(glob, name)); len(found) > 0 {
				path, err = found[len(found)-1], nil
			}
		}
		if err != nil {
			return nil, fmt.Errorf("no %s: %w", k.name, err)
		}
		bin[name] = path
	}
	return bin, nil
}

// FreeAddr returns a loopback address that nobody listens on, for a server that has to be
// told its port. The port is below those that systems give to clients, which would take it
// before the server does, or while the server is down. So is the port 10 000 above, which
// Redis takes as well in a cluster.
func FreeAddr(t testing.TB) string {
	t.Helper()
	const lowest, number = 10_000, 12_000
	for range 100 {
		n, err := rand.Int(rand.Reader, big.NewInt(number))
		if err != nil {
			t.Fatal(err)
		}
		addr := net.JoinHostPort("127.0.0.1", strconv.FormatInt(lowest+n.Int64(), 10))
		if l, err := net.Listen("tcp", addr); err == nil {
			_ = l.Close()
			return addr
		}
	}
	t.Fatal("no free port")
	return ""
}

func (s *Server) port() string {
	_, port, _ := net.SplitHostPort(s.Addr)
	return port
}

// dial is the readiness of a server that says nothing first.
func dial(s *Server, _ map[string]string) error {
	conn, err := net.DialTimeout("tcp", s.Addr, time.Second)
	if err != nil {
		return err
	}
	return conn.Close()
}

func dialSocket(s *Server) error {
	conn, err := net.DialTimeout("unix", s.Socket, time.Second)
	if err != nil {
		return err
	}
	return conn.Close()
}

// Aside returns a path in the folder of what is not installed, but unpacked aside for
// the tests. Nothing is at the path if there is no such folder.
func Aside(name string) string {
	dir := cmp.Or(os.Getenv("JAMSESSION_ASIDE"), os.DevNull)
	return filepath.Join(dir, filepath.FromSlash(name))
}

// Missing skips a test for the lack of something that is installed like a
// server, or fails it where all is required.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("JAMSESSION_REQUIRE_SERVICES") == "1" {
		t.Fatalf("%s is required", what)
	}
	t.Skipf("not run: no %s", what)
}
