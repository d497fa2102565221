package devices_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/authtest"
	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/pgstore"
)

// A hub is a Push in memory.
type hub struct {
	mu      sync.Mutex
	hearers map[chan string]struct{}
	said    []string
	cuts    chan struct{} // closed: the connections are lost
	deaf    bool          // nothing arrives
	err     error         // of Publish
	blocked chan struct{} // Publish waits for it; nil: it does not
}

func newHub() *hub {
	return &hub{hearers: make(map[chan string]struct{}), cuts: make(chan struct{})}
}

var errCut = errors.New("the connection was cut")

func (h *hub) Publish(ctx context.Context, message string) error {
	h.mu.Lock()
	blocked := h.blocked
	h.mu.Unlock()
	if blocked != nil {
		select {
		case <-blocked:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err != nil {
		return h.err
	}
	h.said = append(h.said, message)
	for hearer := range h.hearers {
		if !h.deaf {
			hearer <- message
		}
	}
	return nil
}

func (h *hub) Receive(ctx context.Context, connected func(), got func(string)) error {
	mine := make(chan string, 10_000)
	h.mu.Lock()
	h.hearers[mine] = struct{}{}
	cuts := h.cuts
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.hearers, mine)
	}()
	connected()
	for {
		select {
		case message := <-mine:
			got(message)
		case <-cuts:
			return errCut
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// set changes something.
func (h *hub) set(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
}

// woken are the users that a process was told of.
type woken struct {
	mu    sync.Mutex
	users []string
}

func (w *woken) wake(user string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.users = append(w.users, user)
}

// expect returns what was heard since the last time.
func (w *woken) expect(t *testing.T, users ...string) {
	t.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if fmt.Sprintf("%q", w.users) != fmt.Sprintf("%q", users) {
		t.Errorf("woken %q, want %q", w.users, users)
	}
	w.users = nil
}

// A quietLog may be written to by several goroutines.
type quietLog struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *quietLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *quietLog) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// has reports whether the log has a text so many times, and forgets it all.
func (l *quietLog) expect(t *testing.T, n int, text string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if found := strings.Count(l.buf.String(), text); found != n {
		t.Errorf("logged %d times, want %d: %q in\n%s", found, n, text, &l.buf)
	}
	l.buf.Reset()
}

// twoProcesses of a site share a hub.
func twoProcesses(t *testing.T, h *hub, log *quietLog) (one, two devices.News, heardByOne, heardByTwo *woken) {
	t.Helper()
	heardByOne, heardByTwo = new(woken), new(woken)
	one = devices.NewNews(h, log.logger(), heardByOne.wake)
	two = devices.NewNews(h, log.logger(), heardByTwo.wake)
	for range 2 {
		one.Start()
		two.Start()
	}
	heardByOne.expect(t, "*")
	heardByTwo.expect(t, "*")
	return one, two, heardByOne, heardByTwo
}

// TestNewsReachesOtherProcesses, and not the one that tells it.
func TestNewsReachesOtherProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two, heardByOne, heardByTwo := twoProcesses(t, newHub(), new(quietLog))
		defer one.Close()
		defer two.Close()
		for told, heard := range map[string]string{
			"7": "7", "a b ": "a b ", "": "*", "Zoë": "Zoë", "*": "*",
			strings.Repeat("x", 300): "*", "\xff": "*", "a\x00b": "*",
		} {
			one.Tell(told)
			heardByTwo.expect(t, heard)
			heardByOne.expect(t)
		}
	})
}

// TestForgedNews wakes those whom it names, and nothing else happens.
func TestForgedNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(), new(quietLog)
		one, two, heardByOne, _ := twoProcesses(t, h, log)
		defer one.Close()
		defer two.Close()
		for message, users := range map[string][]string{
			"usomebody 7": {"7"}, "asomebody": {"*"}, "u": nil, "usomebody": nil, "usomebody ": nil,
			"esomebody": nil, "": nil, "x y z": nil, "u  ": {" "}, "u x" + strings.Repeat("x", 300): nil,
		} {
			if err := h.Publish(t.Context(), message); err != nil {
				t.Fatal(err)
			}
			heardByOne.expect(t, users...)
		}
		log.expect(t, 0, "level=")
	})
}

// FuzzNews: whatever arrives is read, and names nobody, somebody or all; what this package writes
// is read as it was meant, or as news of all.
func FuzzNews(f *testing.F) {
	for _, seed := range []string{"", "u", "uX 7", "aX", "eX", "u  ", "*", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if user, ok := devices.ReadNews(text); ok && user == "" {
			t.Errorf("%q is news of nobody", text)
		}
		written := devices.NewsOf(text)
		user, ok := devices.ReadNews(written)
		if !ok || user != text && user != "*" || len(written) > 300 {
			t.Errorf("news of %q is %q, which is of %q", text, written, user)
		}
	})
}

// TestNewsOfManyIsNewsOfAll: what waits has a bound.
func TestNewsOfManyIsNewsOfAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		one, two, _, heardByTwo := twoProcesses(t, h, new(quietLog))
		defer two.Close()
		stuck := make(chan struct{})
		h.set(func() { h.blocked = stuck })
		one.Tell("first")
		synctest.Wait()
		for i := range devices.MaxNewsWaiting + 100 {
			one.Tell(fmt.Sprint(i))
			one.Tell(fmt.Sprint(i))
		}
		close(stuck)
		one.Close()
		heardByTwo.expect(t, "first", "*")
		one.Tell("late")
		heardByTwo.expect(t)
	})
}

// TestLossOfThePush is mended, in words that the log has once, and nothing is missed: when the
// connection is back everything is looked at.
func TestLossOfThePush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(), new(quietLog)
		one, two, _, heardByTwo := twoProcesses(t, h, log)
		defer one.Close()
		defer two.Close()
		for range 3 { // and not later each time
			h.set(func() {
				close(h.cuts)
				h.cuts = make(chan struct{})
			})
			synctest.Wait()
			log.expect(t, 2, "other processes cannot be heard")
			one.Tell("missed")
			heardByTwo.expect(t)
			time.Sleep(250 * time.Millisecond)
			heardByTwo.expect(t, "*")
			log.expect(t, 2, "can be heard again")
			one.Tell("7")
			heardByTwo.expect(t, "7")
		}
	})
}

// TestDeafPush: a process that does not hear its own messages says so once, and tries again.
func TestDeafPush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(), new(quietLog)
		h.deaf = true
		one, two, _, heardByTwo := twoProcesses(t, h, log)
		defer one.Close()
		defer two.Close()
		time.Sleep(10 * time.Minute)
		log.expect(t, 2, "PgBouncer")
		h.set(func() { h.deaf = false })
		time.Sleep(30 * time.Second)
		heardByTwo.mu.Lock()
		tries := len(heardByTwo.users)
		heardByTwo.users = nil
		heardByTwo.mu.Unlock()
		if tries < 15 || tries > 60 {
			t.Errorf("%d attempts in ten minutes", tries)
		}
		log.expect(t, 2, "can be heard again")
		one.Tell("7")
		heardByTwo.expect(t, "7")
	})
}

// TestPublishFails: that is logged once a minute, and delays nobody.
func TestPublishFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(), new(quietLog)
		one, two, _, heardByTwo := twoProcesses(t, h, log)
		defer two.Close()
		h.set(func() { h.err = errCut })
		for range 10 {
			one.Tell("7")
			synctest.Wait()
		}
		log.expect(t, 1, "other processes are not told")
		time.Sleep(time.Minute)
		h.set(func() { h.err, h.blocked = nil, make(chan struct{}) })
		began := time.Now()
		one.Tell("8")
		one.Tell("9")
		one.Close()
		if waited := time.Since(began); waited != 2*time.Second {
			t.Errorf("a push that does not answer delays the end by %v", waited)
		}
		heardByTwo.expect(t)
		log.expect(t, 1, "other processes are not told")
	})
}

type panicking struct{ *hub }

func (panicking) Receive(context.Context, func(), func(string)) error { panic("SENTINEL") }

// TestPanicOfAPush ends nothing.
func TestPanicOfAPush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(quietLog)
		n := devices.NewNews(panicking{newHub()}, log.logger(), func(string) {})
		n.Start()
		time.Sleep(time.Minute)
		log.expect(t, 1, "level=WARN")
		n.Close()
		n.Start()
		n.Close()
	})
}

// TestPanicOfTheLoggerEndsNoHearing: what is told after the loss that it could not log is heard.
func TestPanicOfTheLoggerEndsNoHearing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, heard := newHub(), new(woken)
		one := devices.NewNews(h, quiet, func(string) {})
		two := devices.NewNews(h, slog.New(panickingLog{}), heard.wake)
		defer one.Close()
		defer two.Close()
		two.Start()
		heard.expect(t, "*")
		h.set(func() {
			close(h.cuts)
			h.cuts = make(chan struct{})
		})
		time.Sleep(3 * time.Second)
		heard.expect(t, "*")
		one.Tell("7")
		heard.expect(t, "7")
	})
}

// again is the same site in another process.
func (s *site) again(t *testing.T, o devices.Options) *site {
	t.Helper()
	o.Store, o.Logger = s.store, quiet
	there := &site{db: s.db, users: s.users, store: s.store, ids: s.ids}
	there.devices = noerror.In(devices.New(context.Background(), s.db, keys, &o))
	t.Cleanup(func() { _ = there.devices.Close() })
	there.auth = noerror.In(auth.New(s.users, keys, &auth.Options{
		Devices: there.devices, Hashers: authtest.Hashers(), Logger: quiet, Validators: []password.Validator{},
	}))
	return there
}

// TestPushEndsWatchesOfOtherProcesses at once, before they look: whatever ends a login in one.
func TestPushEndsWatchesOfOtherProcesses(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, here, there *site){
		"its end": func(t *testing.T, here, there *site) {
			list := noerror.In(there.devices.ListUser(t.Context(), here.ids["alice"]))
			if err := there.devices.EndDevice(t.Context(), here.ids["alice"], list[0].ID); err != nil {
				t.Error(err)
			}
		},
		"the end of all": func(t *testing.T, here, there *site) {
			if _, err := there.devices.EndAll(t.Context(), here.ids["alice"]); err != nil {
				t.Error(err)
			}
		},
		"the end of everybody": func(t *testing.T, _, there *site) {
			if _, err := there.auth.EndAllSessions(t.Context(), nil); err != nil {
				t.Error(err)
			}
		},
		"another password": func(t *testing.T, here, there *site) {
			alice := noerror.In(there.users.ByID(t.Context(), here.ids["alice"]))
			if _, err := there.auth.SetPassword(t.Context(), alice, "another staple"); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHub()
				here := newSite(t, inMemory, devices.Options{Push: h})
				there := here.again(t, devices.Options{Push: h})
				b, _ := here.login(t, "alice")
				bob, _ := here.login(t, "bob")
				watched, other := b.watch(t), bob.watch(t)
				synctest.Wait()
				end(t, here, there)
				endsWithin(watched, t, 10*time.Millisecond) // of the bubble's time: the next look is in a second
				if !strings.Contains(name, "everybody") {
					goesOn(other, t)
				}
			})
		})
	}
}

// TestPgBouncerCannotCarryThePush, and the log says what to do.
func TestPgBouncerCannotCarryThePush(t *testing.T) {
	pooled := servertest.PgBouncer(t, servertest.Postgres(t))
	push := noerror.In(pgstore.NewPush(noerror.In(pgx.ParseConfig(pooled.PostgresURL())), "devices"))
	defer func() { _ = push.Close() }()
	warned := make(chan string, 1)
	n := devices.NewNews(push, slog.New(slog.NewTextHandler(lineWriter(warned), nil)), func(string) {})
	n.Start()
	defer n.Close()
	select {
	case line := <-warned:
		if !strings.Contains(line, "WARN") || !strings.Contains(line, "needs the address of PostgreSQL itself") {
			t.Errorf("logged %s", line)
		}
	case <-time.After(20 * time.Second):
		t.Error("nothing is logged")
	}
}

// A lineWriter sends the first line.
type lineWriter chan string

func (w lineWriter) Write(p []byte) (int, error) {
	select {
	case w <- string(p):
	default:
	}
	return len(p), nil
}
