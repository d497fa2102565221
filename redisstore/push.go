package redisstore

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/internal/panics"
	"github.com/jamsession/jamsession/internal/redislimit"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// A Push carries messages between the processes of a site, by PUBLISH and SUBSCRIBE: it is
// for Options.Push of package auth/devices. It is safe for concurrent use.
type Push struct {
	client  rueidis.Client
	channel string
}

// maxMessage is how long a message can be, in bytes.
const maxMessage = 300

// NewPush returns a Push on a channel; a name that nothing else uses on that server, whose
// databases share their channels. The client stays the caller's.
func NewPush(client rueidis.Client, channel string) (*Push, error) {
	switch {
	case client == nil:
		return nil, errors.New("redisstore: NewPush: the client is nil")
	case channel == "":
		return nil, errors.New("redisstore: NewPush: the channel has no name")
	}
	return &Push{redislimit.New(client), channel}, nil
}

// Publish sends a message of at most 300 bytes to every process that receives, this one too.
// It tries again if the connection has broken meanwhile.
func (p *Push) Publish(ctx context.Context, message string) (err error) {
	if len(message) > maxMessage {
		return fmt.Errorf("redisstore: publish: the message has %d bytes; at most %d",
			len(message), maxMessage)
	}
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	for range maxReads {
		err = p.client.Do(ctx, p.client.B().Publish().Channel(p.channel).Message(message).Build()).Error()
		if isAnswer(err) || ctx.Err() != nil {
			break
		}
	}
	return wrap(ctx, "publish", err)
}

// Receive calls got for each message, until its context ends or the connection is lost, and
// returns why. It calls connected once, when all messages arrive from now on. Neither may
// block. The connection is its own.
func (p *Push) Receive(ctx context.Context, connected func(), got func(message string)) error {
	wire, err := p.dedicate(ctx)
	if err != nil {
		return wrap(ctx, "receive", err)
	}
	defer wire.Close()
	connected = sync.OnceFunc(connected)
	hooked := rueidis.WithOnSubscriptionHook(ctx, func(s rueidis.PubSubSubscription) {
		if s.Kind == "subscribe" {
			connected()
		}
	})
	err = wire.Receive(hooked, wire.B().Subscribe().Channel(p.channel).Build(),
		func(m rueidis.PubSubMessage) { got(m.Message) })
	if err == nil {
		err = errUnsubscribed
	}
	return wrap(ctx, "receive", err)
}

var errUnsubscribed = errors.New("the server sends no more messages")

// dedicate opens a connection, which rueidis does without a look at the context.
func (p *Push) dedicate(ctx context.Context) (rueidis.DedicatedClient, error) {
	dialed, failed := make(chan rueidis.DedicatedClient), make(chan error, 1)
	panics.Go(func() {
		wire, _ := p.client.Dedicate()
		select {
		case dialed <- wire:
		case <-ctx.Done():
			wire.Close()
		}
	}, func(err error) { failed <- err })
	select {
	case wire := <-dialed:
		return wire, nil
	case err := <-failed:
		return nil, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
