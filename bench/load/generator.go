package load

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"
)

// patience is how long a connection may take in all, beyond what a turn is
// to last.
const patience = time.Minute

// A conn is one connection that stays open. It is for one goroutine.
type conn struct {
	net.Conn
	r    *bufio.Reader
	body [512]byte
}

func dial(addr string, deadline time.Time) (*conn, error) {
	c, err := net.DialTimeout("tcp", addr, time.Until(deadline))
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, r: bufio.NewReader(c)}, c.SetDeadline(deadline)
}

// do asks and returns the answer, which must have this body.
func (c *conn) do(ask, want []byte) (response, error) {
	if _, err := c.Write(ask); err != nil {
		return response{}, err
	}
	resp, err := readResponse(c.r, c.body[:0])
	if err != nil {
		return resp, err
	}
	if resp.status != 200 || !bytes.Equal(resp.body, want) {
		return resp, fmt.Errorf("status %d and %.200q, want 200 and %q", resp.status, resp.body, want)
	}
	return resp, nil
}

// A target is a site with its visitors.
type target struct {
	addr     string
	visitors []*visitor
}

// newTarget logs that many visitors in.
func newTarget(addr string, visitors int, sessions bool) (*target, error) {
	t := &target{addr: addr}
	for i := range visitors {
		t.visitors = append(t.visitors, &visitor{id: strconv.Itoa(i + 1)})
	}
	return t, t.each(func(c *conn, v *visitor) error { return v.login(c, sessions) })
}

// check finds out whether each write of each visitor has been kept.
func (t *target) check() error {
	return t.each(func(c *conn, v *visitor) error { return v.check(c) })
}

// each does something for each visitor, on a few connections.
func (t *target) each(f func(*conn, *visitor) error) error {
	return t.parallel(min(8, len(t.visitors)), 0, func(c *conn, own []*visitor, begin func()) error {
		begin()
		for _, v := range own {
			if err := f(c, v); err != nil {
				return err
			}
		}
		return nil
	})
}

// A turn is what a target has answered for a while.
type turn struct {
	took      time.Duration
	latencies histogram // one for each answer
}

// turn asks for a page on that many connections at once, each of which asks
// again when it has its answer, for that long. No visitor asks twice at a
// time.
func (t *target) turn(p page, conns int, length time.Duration) (*turn, error) {
	if conns > len(t.visitors) {
		return nil, fmt.Errorf("%d connections need as many visitors; there are %d", conns, len(t.visitors))
	}
	var sum turn
	var mu sync.Mutex
	var first, last time.Time
	err := t.parallel(conns, length, func(c *conn, own []*visitor, begin func()) error {
		var latencies histogram
		begin()
		began := time.Now()
		ended, err := repeat(c, p, own, began, length, &latencies)
		mu.Lock()
		defer mu.Unlock()
		sum.latencies.merge(&latencies)
		if first.IsZero() || began.Before(first) {
			first = began
		}
		if ended.After(last) {
			last = ended
		}
		return err
	})
	sum.took = last.Sub(first)
	return &sum, err
}

// repeat makes the visitors take turns in asking, and returns when the last
// answer was there.
func repeat(
	c *conn, p page, own []*visitor, began time.Time, length time.Duration, latencies *histogram,
) (time.Time, error) {
	asked := began
	for i := 0; ; i++ {
		if err := own[i%len(own)].get(c, p); err != nil {
			return asked, err
		}
		now := time.Now()
		latencies.add(now.Sub(asked))
		if asked = now; now.Sub(began) >= length {
			return now, nil
		}
	}
}

// parallel runs f on that many connections, with the visitors divided among
// them. Each f calls begin when it is ready, which returns when all are. It is
// to be done in length, and must be in patience more.
func (t *target) parallel(
	conns int, length time.Duration, f func(c *conn, own []*visitor, begin func()) error,
) error {
	deadline := time.Now().Add(length + patience)
	own := make([][]*visitor, conns)
	for i, v := range t.visitors {
		own[i%conns] = append(own[i%conns], v)
	}
	errs := make([]error, conns)
	var ready, done sync.WaitGroup
	ready.Add(conns)
	for i := range conns {
		done.Go(func() {
			c, err := dial(t.addr, deadline)
			if err != nil {
				errs[i] = err
				ready.Done()
				return
			}
			defer func() { _ = c.Close() }()
			errs[i] = f(c, own[i], func() {
				ready.Done()
				ready.Wait()
			})
		})
	}
	done.Wait()
	for _, err := range errs {
		if err != nil {
			return err // the others are likely the same
		}
	}
	return nil
}
