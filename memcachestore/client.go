package memcachestore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/jamsession/jamsession/session"
)

// A client is gomemcache's, with contexts.
type client struct {
	*memcache.Client
}

// dial makes a client, and finds out whether each server is there.
func dial(ctx context.Context, servers []string, o *Options) (client, error) {
	s, err := newSelector(servers)
	if err != nil {
		return client{}, err
	}
	if err := checkPrefix(o.Prefix); err != nil {
		return client{}, err
	}
	c := client{memcache.NewFromSelector(s)}
	c.Timeout, c.MaxIdleConns = o.Timeout, o.MaxIdle
	if err := c.do(ctx, c.Ping); err != nil {
		_ = c.Close()
		return client{}, fmt.Errorf("memcachestore: cannot use Memcached at %s: %w",
			strings.Join(servers, ","), err)
	}
	return c, nil
}

func checkPrefix(prefix string) error {
	if len(prefix) > 200 {
		return errors.New("memcachestore: the prefix has more than 200 bytes")
	}
	if strings.ContainsFunc(prefix, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return errors.New("memcachestore: the prefix has a space or a control character")
	}
	return nil
}

// do calls f, and returns when ctx is done if that is sooner. f goes on then
// until the client's own timeout, and keeps its connection until it has read
// the answer, so that nobody else gets it.
func (c client) do(ctx context.Context, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if ctx.Done() == nil {
		return f()
	}
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// repeated calls f again for as long as it meets connections that the server
// has closed meanwhile, at a restart for example. It is for what may be done
// twice.
func (c client) repeated(ctx context.Context, f func() error) error {
	for range c.MaxIdleConns + 1 {
		err := c.do(ctx, f)
		if !isClosed(err) {
			return err
		}
	}
	return c.do(ctx, f)
}

func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}

// get returns an item, with what a later cas needs.
func (c client) get(ctx context.Context, key string) (*memcache.Item, error) {
	items := make(chan *memcache.Item, c.MaxIdleConns+2) // nobody writes to what was given up
	err := c.repeated(ctx, func() error {
		item, err := c.Get(key)
		items <- item
		return err
	})
	if err != nil {
		return nil, err
	}
	item := <-items
	for item == nil {
		item = <-items
	}
	return item, nil
}

// seconds returns a lifetime as Memcached wants it: rounded up, with a second
// more, since its clock ticks once a second, and beyond 30 days as an instant.
// It is never 0, which would be for ever. When a record really ends, its value
// says.
func seconds(ttl time.Duration) int32 {
	const longest = 30 * 24 * 60 * 60
	n := max(0, int64((ttl+time.Second-1)/time.Second)) + 1
	if n > longest {
		n += time.Now().Unix()
	}
	return int32(min(n, 1<<31-1))
}

// wrap says what failed, without the key. The result wraps ctx.Err if ctx is
// done.
func wrap(ctx context.Context, doing, key string, err error) error {
	if err == nil {
		return nil
	}
	if strings.Contains(err.Error(), "object too large") {
		return fmt.Errorf("memcachestore: %s: %w: the server takes no value of this size (option -I)",
			doing, session.ErrTooLarge)
	}
	if key != "" && strings.Contains(err.Error(), key) {
		err = errors.New(strings.ReplaceAll(err.Error(), key, "..."))
	}
	if done := ctx.Err(); done != nil && !errors.Is(err, done) {
		return fmt.Errorf("memcachestore: %s: %w: %w", doing, done, err)
	}
	return fmt.Errorf("memcachestore: %s: %w", doing, err)
}
