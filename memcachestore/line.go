package memcachestore

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/jamsession/jamsession/internal/timelimit"
)

// A line is a client of gomemcache, which does not support contexts, for one
// call at a time. So the end of the call's context may close all of its
// connections, and no other call gets its answer.
type line struct {
	*memcache.Client
	timeout time.Duration
	ctx     context.Context // of the call

	mu    sync.Mutex
	conns map[string]net.Conn // the last one to each server
	dead  bool
}

func newLine(servers memcache.ServerSelector, timeout time.Duration) *line {
	l := &line{
		Client:  memcache.NewFromSelector(servers),
		timeout: timeout,
		conns:   make(map[string]net.Conn),
	}
	l.Timeout, l.MaxIdleConns, l.DialContext = timeout, 1, l.dial
	return l
}

// dial ends with the context of the call, unlike the client's own dialer.
func (l *line) dial(_ context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(l.ctx, l.timeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	l.conns[address] = conn
	return conn, nil
}

// cut ends the call that has the line, and the line.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = true
	for _, conn := range l.conns {
		_ = conn.Close()
	}
}

const (
	// maxIdle is how many lines stay open while nobody needs them.
	maxIdle = 64

	// maxCalls is how many calls of one server there are at a time, a quarter of what a
	// Memcached takes by default. Further ones wait for one to return, or for their
	// context; those of other servers do not.
	maxCalls = 256

	// maxWaiting is how many may wait; the next call fails at once.
	maxWaiting = 10_000
)

var errCrowd = errors.New("memcachestore: too many calls are waiting for the server")

// lines are the lines of a client: as many as there are calls at a time.
type lines struct {
	servers *selector
	timeout time.Duration
	places  []chan struct{} // by the number of the server; each call takes one
	waiting []atomic.Int64  // for a place

	mu     sync.Mutex
	idle   []*line // the most recently used one last
	closed bool
}

func newLines(servers *selector, timeout time.Duration) *lines {
	s := &lines{servers: servers, timeout: timeout, waiting: make([]atomic.Int64, len(servers.addrs))}
	for range servers.addrs {
		s.places = append(s.places, make(chan struct{}, maxCalls))
	}
	return s
}

// enter waits until a server may have another call, which must leave the place. It
// waits no longer than a call may take, and behind no crowd.
func (s *lines) enter(ctx context.Context, server int) (place chan struct{}, err error) {
	place = s.places[server]
	select {
	case place <- struct{}{}:
		return place, nil
	default:
	}
	if waiting := &s.waiting[server]; waiting.Add(1) > maxWaiting {
		waiting.Add(-1)
		return nil, errCrowd
	}
	defer s.waiting[server].Add(-1)
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	select {
	case place <- struct{}{}:
		return place, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// take returns a line for one call.
func (s *lines) take(ctx context.Context) *line {
	l := s.pop()
	if l == nil {
		l = newLine(s.servers, s.timeout)
	}
	l.ctx = ctx
	return l
}

func (s *lines) pop() *line {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.idle) - 1
	if last < 0 {
		return nil
	}
	l := s.idle[last]
	s.idle[last] = nil
	s.idle = s.idle[:last]
	return l
}

// putBack keeps a line for the next call, or closes it if enough are kept.
func (s *lines) putBack(l *line) {
	l.ctx = nil
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.idle) >= maxIdle {
		l.cut()
		return
	}
	s.idle = append(s.idle, l)
}

// Close closes the idle lines, and the others after their calls.
func (s *lines) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, l := range s.idle {
		l.cut()
	}
	s.idle = nil
	return nil
}
