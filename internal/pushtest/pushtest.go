// Package pushtest is what every push between the processes of a site must do.
package pushtest

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Push is a devices.Push.
type Push interface {
	Publish(ctx context.Context, message string) error
	Receive(ctx context.Context, connected func(), got func(message string)) error
}

// patience is how long something may take that takes a moment.
const patience = 20 * time.Second

// Run tests a push. Those that open returns for one channel are of the processes of one site.
func Run(t *testing.T, open func(t *testing.T, channel string) Push) {
	fresh := func() string { return "site_" + strings.ToLower(rand.Text()) }
	t.Run("every process gets every message", func(t *testing.T) {
		channel := fresh()
		one, two, apart := open(t, channel), open(t, channel), open(t, `An"other*`+channel)
		hears := []*receiver{receive(t, one), receive(t, two)}
		other := receive(t, apart)
		publish(t, apart, "not for you")
		messages := []string{"1", "*", strings.Repeat("ü", 150), `quote ' " \ % {`, ""}
		for i, m := range messages {
			publish(t, []Push{one, two}[i%2], m)
		}
		for _, h := range hears {
			h.expect(t, messages...)
		}
		other.expect(t, "not for you")
	})
	t.Run("processes publish at once", func(t *testing.T) {
		channel := fresh()
		one, two := open(t, channel), open(t, channel)
		hears := receive(t, two)
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() { publish(t, one, "again") })
		}
		group.Wait()
		for range 20 {
			hears.expect(t, "again")
		}
	})
	t.Run("what is too long is refused", func(t *testing.T) {
		one := open(t, fresh())
		hears := receive(t, one)
		if err := one.Publish(t.Context(), strings.Repeat("x", 301)); err == nil {
			t.Error("a message of 301 bytes is accepted")
		}
		publish(t, one, strings.Repeat("x", 300))
		hears.expect(t, strings.Repeat("x", 300))
	})
	t.Run("contexts end", func(t *testing.T) { contextsEnd(t, open(t, fresh())) })
}

func contextsEnd(t *testing.T, p Push) {
	hears := receive(t, p)
	hears.cancel()
	if err := hears.end(t); !errors.Is(err, context.Canceled) {
		t.Errorf("Receive whose context has ended: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Publish(ended, "late"); err == nil {
		t.Error("Publish whose context has ended: no error")
	}
	err := p.Receive(ended, func() { t.Error("it says that it is connected") }, func(string) {})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Receive whose context had ended: %v", err)
	}
	receive(t, p) // and so on
}

// RunLoss tests that a push says when its connection is lost, and goes on when the server is
// back: cut ends all connections, and returns when there may be new ones.
func RunLoss(t *testing.T, p Push, cut func()) {
	t.Helper()
	hears := receive(t, p)
	publish(t, p, "before")
	hears.expect(t, "before")
	cut()
	if err := hears.end(t); err == nil {
		t.Error("the connection was lost without an error")
	}
	again := receive(t, p)
	publish(t, p, "after")
	again.expect(t, "after")
}

// A receiver runs a Receive.
type receiver struct {
	cancel  context.CancelFunc
	got     chan string
	ended   chan error
	started chan struct{}
}

// receive returns when messages arrive. After a loss a push may need several attempts.
func receive(t *testing.T, p Push) *receiver {
	t.Helper()
	for end := time.Now().Add(patience); ; {
		r, err := try(t, p)
		if err == nil {
			return r
		}
		if time.Now().After(end) {
			t.Fatalf("Receive: %v", err)
		}
	}
}

func try(t *testing.T, p Push) (*receiver, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	t.Cleanup(cancel)
	r := &receiver{cancel, make(chan string, 100), make(chan error, 1), make(chan struct{})}
	go func() {
		r.ended <- p.Receive(ctx, sync.OnceFunc(func() { close(r.started) }), func(m string) { r.got <- m })
	}()
	select {
	case <-r.started:
		return r, nil
	case err := <-r.ended:
		return nil, err
	case <-time.After(patience):
		cancel()
		return nil, errors.New("it does not connect")
	}
}

// expect waits for these messages, in any order: those that two processes publish may overtake
// each other.
func (r *receiver) expect(t *testing.T, messages ...string) {
	t.Helper()
	left := slices.Clone(messages)
	for len(left) > 0 {
		select {
		case m := <-r.got:
			i := slices.Index(left, m)
			if i < 0 {
				t.Fatalf("received %q, want one of %q", m, left)
			}
			left = slices.Delete(left, i, i+1)
		case err := <-r.ended:
			t.Fatalf("Receive ended: %v", err)
		case <-time.After(patience):
			t.Fatalf("%q do not arrive", left)
		}
	}
}

func (r *receiver) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-r.ended:
		return err
	case <-time.After(patience):
		t.Fatal("Receive does not end")
		return nil
	}
}

// publish tries again after a loss.
func publish(t *testing.T, p Push, message string) {
	t.Helper()
	for end := time.Now().Add(patience); ; {
		err := p.Publish(t.Context(), message)
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Errorf("Publish: %v", err)
			return
		}
	}
}
