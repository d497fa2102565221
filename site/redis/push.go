package redis

import (
	"context"
	"net"
	"sync"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/internal/siteparts"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/redisstore"
)

func init() { siteparts.RegisterPush("redis", openPush) }

// A push connects when it is first needed, as often as that takes.
type push struct {
	at siteparts.PushPlace

	mu     sync.Mutex
	client rueidis.Client // nil: there was no connection yet
	closed bool
}

func openPush(at siteparts.PushPlace) (siteparts.Push, error) { return &push{at: at}, nil }

// Publish implements [siteparts.Push].
func (p *push) Publish(ctx context.Context, message string) error {
	on, err := p.open(ctx)
	if err != nil {
		return err
	}
	return on.Publish(ctx, message)
}

// Receive implements [siteparts.Push].
func (p *push) Receive(ctx context.Context, connected func(), got func(message string)) error {
	on, err := p.open(ctx)
	if err != nil {
		return err
	}
	return on.Receive(ctx, connected, got)
}

func (p *push) open(ctx context.Context) (*redisstore.Push, error) {
	client, err := p.dial(ctx)
	if err != nil {
		return nil, err
	}
	return redisstore.NewPush(client, p.at.Channel)
}

// dial returns the client. Two calls that connect at once make two, and one stays.
func (p *push) dial(ctx context.Context) (rueidis.Client, error) {
	if client, err := p.keep(nil); client != nil || err != nil {
		return client, err
	}
	ctx, cancel := timelimit.Within(ctx, timelimit.Default)
	defer cancel()
	client, err := redisstore.Dial(ctx, p.at.URL.Reveal())
	if err != nil {
		return nil, err
	}
	kept, err := p.keep(client)
	if kept != client {
		client.Close()
	}
	return kept, err
}

// keep has a client be that of the push, if it has none, and returns that.
func (p *push) keep(client rueidis.Client) (rueidis.Client, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return nil, net.ErrClosed
	case p.client == nil:
		p.client = client
	}
	return p.client, nil
}

// Close implements [siteparts.Push].
func (p *push) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.client != nil {
		p.client.Close()
	}
	return nil
}
