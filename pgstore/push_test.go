package pgstore_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/pushtest"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/pgstore"
)

func pushOn(t *testing.T, at servertest.Database, channel string) *pgstore.Push {
	t.Helper()
	p := noerror.In(pgstore.NewPush(noerror.In(pgx.ParseConfig(at.PostgresURL())), channel))
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func TestPush(t *testing.T) {
	at := servertest.Postgres(t)
	pushtest.Run(t, func(t *testing.T, channel string) pushtest.Push { return pushOn(t, at, channel) })
	t.Run("the server ends the connections", func(t *testing.T) {
		_, pool := open(t, at)
		pushtest.RunLoss(t, pushOn(t, at, "loss"), func() {
			if _, err := pool.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"+
				" WHERE datname = current_database() AND pid <> pg_backend_pid()"); err != nil {
				t.Error(err)
			}
		})
	})
}

// TestPushThatIsQuiet: a connection that brings nothing is asked, and goes on; one that was cut off
// somewhere on its way, without a word, is given up.
func TestPushThatIsQuiet(t *testing.T) {
	config := noerror.In(pgx.ParseConfig(servertest.Postgres(t).PostgresURL()))
	var cut atomic.Bool
	asked := make(chan struct{}, 1)
	config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		return &cuttable{conn, &cut, asked}, err
	}
	p := noerror.In(pgstore.NewPush(config, "quiet"))
	defer func() { _ = p.Close() }()
	pgstore.CheckEvery(p, 20*time.Millisecond, time.Second)
	got, ended := make(chan string, 1), make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	connected := make(chan struct{})
	go func() {
		ended <- p.Receive(ctx, func() { close(connected) }, func(message string) { got <- message })
	}()
	<-connected
	for range 4 {
		<-asked
	}
	if err := p.Publish(ctx, "still here"); err != nil {
		t.Fatal(err)
	}
	if message := <-got; message != "still here" {
		t.Errorf("received %q", message)
	}
	cut.Store(true)
	if err := <-ended; err == nil || ctx.Err() != nil {
		t.Errorf("Receive on a connection that was cut off: %v", err)
	}
}

// A cuttable connection swallows what is written after the cut.
type cuttable struct {
	net.Conn
	cut    *atomic.Bool
	writes chan struct{}
}

func (c *cuttable) Write(p []byte) (int, error) {
	select {
	case c.writes <- struct{}{}:
	default:
	}
	if c.cut.Load() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// TestPushThatIsClosed publishes nothing, and has no connection.
func TestPushThatIsClosed(t *testing.T) {
	at := servertest.Postgres(t)
	p := pushOn(t, at, "closed")
	if err := p.Publish(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := p.Publish(t.Context(), "x"); err == nil {
		t.Error("a closed Push publishes")
	}
}

// TestPushThatCannotBe names what is wrong.
func TestPushThatCannotBe(t *testing.T) {
	config := noerror.In(pgx.ParseConfig("postgres://user:SENTINEL@localhost/x"))
	for channel, config := range map[string]*pgx.ConnConfig{
		"no configuration": nil, "": config, strings.Repeat("x", 64): config,
	} {
		if _, err := pgstore.NewPush(config, channel); err == nil || strings.Contains(err.Error(), "SENTINEL") {
			t.Errorf("%q: error %v", channel, err)
		}
	}
}
