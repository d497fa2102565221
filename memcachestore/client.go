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

	"github.com/jamsession/jamsession/internal/sharedload"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

// A client adds contexts to gomemcache's client: each call has a separate line. Reads
// that wait for a server at the same time share one.
type client struct {
	*lines
	reads []*sharedload.Loads[*memcache.Item] // by the number of the server
}

// dial makes a client, and checks whether each server responds.
func dial(ctx context.Context, servers []string, o *Options) (client, error) {
	s, err := newSelector(servers, o.Hashing)
	if err != nil {
		return client{}, err
	}
	if err := o.check(); err != nil {
		return client{}, err
	}
	c := newClient(s, o.Timeout)
	if err := c.do(ctx, "", (*memcache.Client).Ping); err != nil {
		_ = c.Close()
		return client{}, fmt.Errorf("memcachestore: cannot use Memcached at %s: %w",
			strings.Join(servers, ","), err)
	}
	return c, nil
}

func newClient(s *selector, timeout time.Duration) client {
	c := client{lines: newLines(s, timeout)}
	for range s.addrs {
		c.reads = append(c.reads, &sharedload.Loads[*memcache.Item]{
			One: c.getAlone, Many: c.getMany, Missing: memcache.ErrCacheMiss,
			Patience: min(2*timeout, timelimit.Default/2), // repeated takes two
		})
	}
	return c
}

// do calls f, which is about a key, and makes it return when ctx is done, if that is
// sooner than the server's answer or the timeout.
func (c client) do(ctx context.Context, key string, f func(*memcache.Client) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	place, err := c.enter(ctx, c.servers.choose(key))
	if err != nil {
		return err
	}
	defer func() { <-place }()
	l := c.take(ctx)
	stop := context.AfterFunc(ctx, l.cut)
	err = f(l.Client)
	if !stop() {
		l.cut() // waits for the cut that has begun
		if err != nil {
			return ctx.Err()
		}
		return nil
	}
	c.putBack(l)
	return err
}

// repeated calls f again if the server had closed the connection, at a restart
// for example. It is for operations that may run twice.
func (c client) repeated(ctx context.Context, key string, f func(*memcache.Client) error) error {
	return c.do(ctx, key, func(mc *memcache.Client) error {
		err := f(mc)
		if isClosed(err) {
			err = f(mc) // dials again, since a line has one connection to each server
		}
		return err
	})
}

func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}

// get returns an item, with the unique value for a later cas. The item is the caller's,
// its value perhaps also that of others.
func (c client) get(ctx context.Context, key string) (*memcache.Item, error) {
	found, shared, err := c.reads[c.servers.choose(key)].Load(ctx, key)
	switch {
	case err == nil:
		item := *found
		return &item, nil
	case !shared, errors.Is(err, memcache.ErrCacheMiss), errors.Is(err, sharedload.ErrFull), ctx.Err() != nil:
		return nil, err
	default: // once more, since it may have failed for another's sake
		return c.getAlone(ctx, key)
	}
}

// getMany returns the items that one server has.
func (c client) getMany(ctx context.Context, keys []string) (items map[string]*memcache.Item, err error) {
	err = c.repeated(ctx, keys[0], func(mc *memcache.Client) (err error) {
		items, err = mc.GetMulti(keys)
		return err
	})
	return items, err
}

func (c client) getAlone(ctx context.Context, key string) (item *memcache.Item, err error) {
	err = c.repeated(ctx, key, func(mc *memcache.Client) (err error) {
		item, err = mc.Get(key)
		return err
	})
	return item, err
}

// seconds returns a lifetime as Memcached wants it: rounded up, with a second
// more, since its clock ticks once a second, and beyond 30 days as an instant.
// It is never 0, which would mean forever. The value has the exact expiry.
func seconds(ttl time.Duration) int32 {
	const longest = 30 * 24 * 60 * 60
	n := max(0, int64((ttl+time.Second-1)/time.Second)) + 1
	if n > longest {
		n += time.Now().Unix()
	}
	return int32(min(n, 1<<31-1))
}

// wrap adds what failed, without the key. The result wraps ctx.Err if ctx is
// done.
func wrap(ctx context.Context, doing, key string, err error) error {
	if err == nil {
		return nil
	}
	if strings.Contains(err.Error(), "object too large") {
		return fmt.Errorf("memcachestore: %s: %w: the server refuses values of this size (option -I)",
			doing, session.ErrTooLarge)
	}
	if key != "" && strings.Contains(err.Error(), key) {
		err = errors.New(strings.ReplaceAll(err.Error(), key, "..."))
	}
	return timelimit.Wrap(ctx, "memcachestore: "+doing, err)
}
