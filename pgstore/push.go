package pgstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/jamsession/jamsession/internal/panics"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// A Push carries messages between the processes of a site, by NOTIFY and LISTEN: it is for
// Options.Push of package auth/devices. It has one connection while it receives, and one
// while it publishes, which is closed after a minute of rest. It is safe for concurrent use.
type Push struct {
	connect func(context.Context) (*pgx.Conn, error) // hides the password from those who print it
	channel string
	talking chan *talk // holds one: to take it is to be allowed to publish

	check, answer time.Duration // see listenCheck; and how long the answer may take
}

// A talk is the connection that publishes.
type talk struct {
	conn   *pgx.Conn   // nil: none is open
	rest   *time.Timer // closes it
	closed bool
}

const (
	// maxMessage is how long a message can be, in bytes.
	maxMessage = 300

	// talkRests is how long a connection is kept that has published.
	talkRests = time.Minute

	// listenCheck is how often a connection that brings nothing is asked whether it still lives.
	listenCheck = 30 * time.Second

	// goodbye is how long a connection may take to close.
	goodbye = time.Second
)

// NewPush returns a Push on a channel of a database; a name of 63 bytes at most, that nothing
// else uses there. The configuration is what pgx.ParseConfig makes of a URL. It must lead to
// the server itself: in its transaction mode PgBouncer cannot carry LISTEN. No connection is
// made yet. Close the Push in the end.
func NewPush(config *pgx.ConnConfig, channel string) (*Push, error) {
	switch {
	case config == nil:
		return nil, errors.New("pgstore: NewPush: the configuration is nil")
	case channel == "" || len(channel) > 63:
		return nil, fmt.Errorf("pgstore: NewPush: the channel %.63q has %d bytes; want 1 to 63",
			channel, len(channel))
	}
	own := config.Copy()
	own.DefaultQueryExecMode = pgx.QueryExecModeExec // nothing is prepared for one statement
	p := &Push{
		channel: channel, talking: make(chan *talk, 1), check: listenCheck, answer: timelimit.Default,
	}
	p.connect = func(ctx context.Context) (*pgx.Conn, error) { return pgx.ConnectConfig(ctx, own) }
	p.talking <- &talk{}
	return p, nil
}

// Publish sends a message of at most 300 bytes to every process that receives, this one too.
func (p *Push) Publish(ctx context.Context, message string) error {
	if len(message) > maxMessage {
		return fmt.Errorf("pgstore: publish: the message has %d bytes; at most %d", len(message), maxMessage)
	}
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	var t *talk
	select {
	case t = <-p.talking:
	case <-ctx.Done():
		return wrapPush(ctx, "publish", ctx.Err())
	}
	defer func() { p.talking <- t }()
	return wrapPush(ctx, "publish", p.publish(ctx, t, message))
}

// publish tries again on a new connection if the old one has broken meanwhile.
func (p *Push) publish(ctx context.Context, t *talk, message string) error {
	if t.closed {
		return net.ErrClosed
	}
	reused := t.conn != nil
	err := p.notify(ctx, t, message)
	if err != nil && reused && ctx.Err() == nil {
		err = p.notify(ctx, t, message)
	}
	return err
}

func (p *Push) notify(ctx context.Context, t *talk, message string) (err error) {
	if t.conn == nil {
		if t.conn, err = p.connect(ctx); err != nil {
			t.conn = nil
			return err
		}
		t.rest = time.AfterFunc(talkRests, panics.Guard(func() { p.hangUp(false) }, func(error) {}))
	}
	t.rest.Reset(talkRests)
	if _, err = t.conn.Exec(ctx, "SELECT pg_notify($1, $2)", p.channel, message); err != nil {
		t.end()
	}
	return err
}

// hangUp closes the connection that publishes, at last for good.
func (p *Push) hangUp(forGood bool) {
	t := <-p.talking // no wait is longer than that of a Publish
	defer func() { p.talking <- t }()
	t.closed = t.closed || forGood
	t.end()
}

func (t *talk) end() {
	if t.conn == nil {
		return
	}
	t.rest.Stop()
	hangUp(t.conn)
	t.conn = nil
}

// Receive calls got for each message, until its context ends or the connection is lost, and
// returns why. It calls connected once, when all messages arrive from now on. Neither may
// block.
func (p *Push) Receive(ctx context.Context, connected func(), got func(message string)) error {
	conn, err := p.listen(ctx)
	if err != nil {
		return wrapPush(ctx, "receive", err)
	}
	defer hangUp(conn)
	connected()
	for {
		message, err := p.next(ctx, conn)
		switch {
		case err != nil:
			return wrapPush(ctx, "receive", err)
		case message != nil:
			got(message.Payload)
		}
	}
}

// listen opens a connection to which messages come.
func (p *Push) listen(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Default)
	defer cancel()
	conn, err := p.connect(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{p.channel}.Sanitize()); err != nil {
		hangUp(conn)
		return nil, err
	}
	return conn, nil
}

// next waits for a message. It returns nil if there was none for a while and the server
// still answers: a connection that was cut off somewhere on its way says nothing of that.
func (p *Push) next(ctx context.Context, conn *pgx.Conn) (*pgconn.Notification, error) {
	wait, cancel := context.WithTimeout(ctx, p.check)
	defer cancel()
	message, err := conn.WaitForNotification(wait)
	if err == nil || ctx.Err() != nil || wait.Err() == nil {
		return message, err
	}
	ask, cancel := context.WithTimeout(ctx, p.answer)
	defer cancel()
	return nil, conn.Ping(ask)
}

func hangUp(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	_ = conn.Close(ctx)
}

// wrapPush prefers the reason of the context: what pgx says of it may be of the network.
func wrapPush(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return fmt.Errorf("pgstore: %s: %w", doing, err)
}

// Close ends the connection that publishes. A Receive ends with its context.
func (p *Push) Close() error {
	p.hangUp(true)
	return nil
}
