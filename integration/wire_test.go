package integration

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// The engine Wire is the smallest that has a server to lose: a memstore
// behind TCP, a line of JSON for a call and one for its answer. It shows that
// the checks of outages pass a store that is right, and, with a lapse, that
// they find one that is wrong.

// A lapse is a mistake in how a store meets an outage.
type lapse int

const (
	none             lapse = iota
	notFoundIfDown         // the client takes an outage for "not there"
	reusesCutShort         // the client goes on with a connection whose answer it gave up waiting for
	waitsForever           // the client does not look at its context
	neverComesBack         // the client stays down after one error
	servesFromMemory       // the client answers from what it saw last
	repeatsWrites          // the client sends a write again if the answer is lost
	leaksGoroutines        // the client leaves a goroutine behind at each error
	showsKeys              // the client's errors show the key
	losesTheLatest         // the server comes back with what it had a while ago
)

// A wireServer is a server of the engine Wire.
type wireServer struct {
	addr  string
	lapse lapse

	mu       sync.Mutex
	records  session.Store
	older    session.Store // what it had a while ago
	writes   int
	listener net.Listener
	conns    map[net.Conn]bool
	serving  sync.WaitGroup
}

type wireCall struct {
	Method   string
	Key      string
	Old, New wireRecord
	Now      time.Time
}

type wireAnswer struct {
	Record wireRecord
	Error  string
	N      int
}

// A wireRecord has the fields of a session.Record, which encodes itself only to
// be shown.
type wireRecord struct {
	Key    string
	Data   []byte
	Expiry time.Time
}

func sent(r session.Record) wireRecord { return wireRecord{r.Key, r.Data, r.Expiry} }

func (r wireRecord) received() session.Record {
	return session.Record{Key: r.Key, Data: r.Data, Expiry: r.Expiry}
}

// wireErrors are the errors that have a name on the wire.
var wireErrors = map[string]error{
	"not found": session.ErrNotFound, "exists": session.ErrExists, "conflict": session.ErrConflict,
}

func startWire(t testing.TB) place { return startLapsed(t, none) }

func startLapsed(t testing.TB, l lapse) place {
	s := &wireServer{addr: "127.0.0.1:0", lapse: l, records: memstore.New(), older: memstore.New()}
	s.Start(t)
	t.Cleanup(s.Kill)
	return place{server: s, addr: s.addr, open: func(t testing.TB, addr string) session.Store {
		store := &wireStore{addr: addr, lapse: l, seen: memstore.New(), closed: make(chan struct{})}
		t.Cleanup(func() { _ = store.Close() })
		return store
	}}
}

// Start listens at the address of the first time.
func (s *wireServer) Start(t testing.TB) {
	t.Helper()
	l, err := net.Listen("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addr, s.listener, s.conns = l.Addr().String(), l, make(map[net.Conn]bool)
	s.serving.Go(func() { s.accept(l) })
}

// Kill closes the server's connections in the middle of whatever they do.
func (s *wireServer) Kill() {
	s.mu.Lock()
	_ = s.listener.Close()
	for conn := range s.conns {
		_ = conn.Close()
	}
	if s.lapse == losesTheLatest {
		s.records = s.older
	}
	s.mu.Unlock()
	s.serving.Wait()
}

func (s *wireServer) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[conn] = true
		s.serving.Go(func() { s.serve(conn) })
		s.mu.Unlock()
	}
}

func (s *wireServer) serve(conn net.Conn) {
	in, out := json.NewDecoder(conn), json.NewEncoder(conn)
	for {
		var c wireCall
		if in.Decode(&c) != nil || out.Encode(s.answer(c)) != nil {
			break
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = conn.Close()
	delete(s.conns, conn)
}

func (s *wireServer) answer(c wireCall) wireAnswer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writes++; s.lapse == losesTheLatest && s.writes%50 == 0 {
		s.older = clone(s.records)
	}
	var a wireAnswer
	var err error
	ctx := context.Background()
	switch c.Method {
	case "Load":
		var rec session.Record
		rec, err = s.records.Load(ctx, c.Key)
		a.Record = sent(rec)
	case "Create":
		err = s.records.Create(ctx, c.New.received())
	case "Save":
		err = s.records.Save(ctx, c.Old.received(), c.New.received())
	case "Delete":
		err = s.records.Delete(ctx, c.Key)
	case "ClearExpired":
		a.N, err = s.records.ClearExpired(ctx, c.Now)
	}
	for name, sentinel := range wireErrors {
		if errors.Is(err, sentinel) {
			a.Error = name
		}
	}
	return a
}

func clone(store session.Store) session.Store {
	c := memstore.New()
	for rec := range session.List(context.Background(), store) {
		_ = c.Create(context.Background(), rec)
	}
	return c
}

// A wireStore is a client of a wireServer. It keeps connections that are
// between two calls, and no others.
type wireStore struct {
	addr  string
	lapse lapse
	seen  session.Store

	closed chan struct{}
	mu     sync.Mutex
	idle   []*wireConn
	failed bool
}

type wireConn struct {
	net.Conn
	in *bufio.Reader
}

func (s *wireStore) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.idle {
		_ = conn.Close()
	}
	s.idle = nil
	if s.lapse != leaksGoroutines {
		close(s.closed)
	}
	return nil
}

func (s *wireStore) Load(ctx context.Context, key string) (session.Record, error) {
	a, err := s.call(ctx, wireCall{Method: "Load", Key: key})
	if s.lapse == servesFromMemory {
		return s.remember(key, a.Record.received(), err)
	}
	return a.Record.received(), err
}

func (s *wireStore) Create(ctx context.Context, rec session.Record) error {
	_, err := s.call(ctx, wireCall{Method: "Create", New: sent(rec)})
	return err
}

func (s *wireStore) Save(ctx context.Context, old, new session.Record) error {
	_, err := s.call(ctx, wireCall{Method: "Save", Old: sent(old), New: sent(new)})
	return err
}

func (s *wireStore) Delete(ctx context.Context, key string) error {
	_, err := s.call(ctx, wireCall{Method: "Delete", Key: key})
	return err
}

func (s *wireStore) ClearExpired(ctx context.Context, now time.Time) (int, error) {
	a, err := s.call(ctx, wireCall{Method: "ClearExpired", Now: now})
	return a.N, err
}

// call returns the server's answer, or an error that says only that there is
// none.
func (s *wireStore) call(ctx context.Context, c wireCall) (wireAnswer, error) {
	a, err := s.exchange(ctx, c)
	if err != nil && s.lapse == repeatsWrites && ctx.Err() == nil {
		a, err = s.exchange(ctx, c)
	}
	if err != nil {
		return a, s.down(ctx, c, err)
	}
	return a, wireErrors[a.Error]
}

func (s *wireStore) exchange(ctx context.Context, c wireCall) (wireAnswer, error) {
	if s.lapse == waitsForever {
		ctx = context.WithoutCancel(ctx)
	}
	conn, err := s.connect(ctx)
	if err != nil {
		return wireAnswer{}, err
	}
	a, err := conn.exchange(ctx, c)
	if err != nil && (s.lapse != reusesCutShort || !errors.Is(err, context.DeadlineExceeded)) {
		_ = conn.Close()
		return a, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, conn)
	return a, err
}

func (s *wireStore) connect(ctx context.Context) (*wireConn, error) {
	s.mu.Lock()
	if s.lapse == neverComesBack && s.failed {
		s.mu.Unlock()
		return nil, errors.New("still down")
	}
	if n := len(s.idle); n > 0 {
		conn := s.idle[n-1]
		s.idle = s.idle[:n-1]
		s.mu.Unlock()
		return conn, nil
	}
	s.mu.Unlock()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return nil, err
	}
	return &wireConn{conn, bufio.NewReader(conn)}, nil
}

// exchange sends one line and waits for another, until ctx is done.
func (c *wireConn) exchange(ctx context.Context, call wireCall) (a wireAnswer, err error) {
	expired := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = c.SetDeadline(time.Unix(1, 0))
		close(expired)
	})
	defer func() {
		if !stop() {
			<-expired
			err = ctx.Err()
			_ = c.SetDeadline(time.Time{})
		}
	}()
	line, err := json.Marshal(call)
	if err != nil {
		return a, err
	}
	if _, err := c.Write(append(line, '\n')); err != nil {
		return a, err
	}
	line, err = c.in.ReadBytes('\n')
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal(line, &a)
}

// down is the error for an outage, which does not say whose session it was.
func (s *wireStore) down(ctx context.Context, c wireCall, err error) error {
	s.mu.Lock()
	s.failed = true
	s.mu.Unlock()
	switch s.lapse {
	case notFoundIfDown:
		return session.ErrNotFound
	case leaksGoroutines:
		go func() { <-s.closed }()
	case showsKeys:
		return fmt.Errorf("wire: %s %s: %w", c.Method, c.Key+c.New.Key, err)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) { // a moment before ctx is done
		err = context.DeadlineExceeded
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return fmt.Errorf("wire: %s: %w", c.Method, err)
}

// remember answers for a server that does not.
func (s *wireStore) remember(key string, rec session.Record, err error) (session.Record, error) {
	ctx := context.Background()
	if err == nil {
		_ = s.seen.Delete(ctx, key)
		_ = s.seen.Create(ctx, rec)
		return rec, nil
	}
	if seen, seenErr := s.seen.Load(ctx, key); seenErr == nil {
		return seen, nil
	}
	return rec, err
}
