package devices_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// A halt stops what its context belongs to at the nth step, between what it asks of the
// store, the users and the rows, until it is let go.
type halt struct {
	n       int
	reached chan struct{}
	letGo   chan struct{}
}

type haltKey struct{}

func newHalt(n int) (context.Context, *halt) {
	h := &halt{n, make(chan struct{}), make(chan struct{})}
	return context.WithValue(context.Background(), haltKey{}, h), h
}

// step is called before and after each step, by one goroutine at a time.
func step(ctx context.Context) {
	h, ok := ctx.Value(haltKey{}).(*halt)
	if !ok {
		return
	}
	if h.n--; h.n == 0 {
		close(h.reached)
		<-h.letGo
	}
}

// A steppedStore lets requests be stopped before and after each step.
type steppedStore struct {
	session.Store
	lister
}

type lister interface {
	List(ctx context.Context) iter.Seq2[session.Record, error]
}

func (s steppedStore) Load(ctx context.Context, key string) (session.Record, error) {
	step(ctx)
	defer step(ctx)
	return s.Store.Load(ctx, key)
}

func (s steppedStore) Create(ctx context.Context, rec session.Record) error {
	step(ctx)
	defer step(ctx)
	return s.Store.Create(ctx, rec)
}

func (s steppedStore) Save(ctx context.Context, old, next session.Record) error {
	step(ctx)
	defer step(ctx)
	return s.Store.Save(ctx, old, next)
}

func (s steppedStore) Delete(ctx context.Context, key string) error {
	step(ctx)
	defer step(ctx)
	return s.Store.Delete(ctx, key)
}

func inSteps(testing.TB, django.Database) session.Store {
	store := memstore.New()
	return steppedStore{store, store.(lister)}
}

// An act is run up to a step, and then to its end.
type act struct {
	h    *halt
	done chan struct{}
}

func begin(n int, do func(ctx context.Context)) act {
	ctx, h := newHalt(n)
	a := act{h, make(chan struct{})}
	go func() {
		defer close(a.done)
		do(ctx)
	}()
	select {
	case <-h.reached:
	case <-a.done:
	}
	return a
}

func (a act) isDone() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

func (a act) finish() {
	close(a.h.letGo)
	<-a.done
}

// TestEveryOrder: whatever a device does, and wherever in that its end comes, or a login that
// takes its place, it is out after the end. No login is alive without a row, no row is left
// without a login, and no session of a login that was ended; and nobody gets an error that
// says that something has failed.
func TestEveryOrder(t *testing.T) {
	for name, open := range databases {
		if name == changedRows {
			continue
		}
		for store, e := range map[string]engine{"memory": inSteps, "cookies": inCookies} {
			if store == "cookies" && name != "SQLite" {
				continue // the database is asked for less than with a store
			}
			t.Run(name+" "+store, func(t *testing.T) {
				everyOrder(t, newSiteOn(t, open(t), e, devices.Options{Timeout: apart, Max: 1}))
			})
		}
	}
}

// What a device does while it is ended. The first step is the load of its session.
var deviceActs = []string{
	"/who", "/count", "/rotate", "/expiry/99999999", "/login/alice", "/login/bob", "/logout", "/password/alice/new",
	"adopt",
}

// TestEveryOrderOfAllauth is TestEveryOrder on the table of django-allauth, where the session
// ends first.
func TestEveryOrderOfAllauth(t *testing.T) {
	everyOrder(t, newSite(t, inSteps, devices.Options{Timeout: apart, Max: 1, AllAuth: true}))
}

func everyOrder(t *testing.T, s *site) {
	t.Helper()
	hash := noerror.In(s.users.ByUsername(t.Context(), "alice")).Password
	for _, path := range deviceActs {
		for end, o := range waysToEnd {
			if path == "adopt" && o.needsRow {
				continue
			}
			halts := append([]int{never}, o.halts...)
			if s.db.Dialect != django.SQLite {
				halts = halts[:1] // the rest is the same there
			}
			for _, endAt := range halts {
				for n := 1; !t.Failed(); n++ {
					r := &round{T: t, s: s, path: path, end: o}
					r.name = fmt.Sprintf("%s at step %d, %s at step %d", path, n, end, endAt)
					more := r.run(n, endAt)
					if err := s.users.SetPassword(t.Context(), s.ids["alice"], hash); err != nil {
						t.Fatal(err)
					}
					if !more {
						break
					}
				}
			}
		}
	}
}

const never = -1

// An ending ends the device of alice.
type ending struct {
	do       func(ctx context.Context, r *round) error
	halts    []int // the steps before and after its commit
	needsRow bool  // it ends a row, and not what has none
	logsIn   bool
}

var waysToEnd = map[string]ending{
	"End": {halts: []int{1}, needsRow: true, do: func(ctx context.Context, r *round) error {
		return r.s.devices.EndDevice(ctx, r.s.ids["alice"], r.id)
	}},
	"EndAll": {halts: []int{2, 3}, do: func(ctx context.Context, r *round) error {
		_, err := r.s.devices.EndAll(ctx, r.s.ids["alice"])
		return err
	}},
	"limit": {halts: []int{3, 4}, needsRow: true, logsIn: true, do: func(ctx context.Context, r *round) error {
		switch code, text := r.other.askWith(ctx, "/login/alice"); text {
		case "alice":
			return nil
		case "no match":
			return errNotEnded
		default:
			return fmt.Errorf("login: %d: %s", code, text)
		}
	}},
}

// errNotEnded says that the password was changed before the login that should have ended another.
var errNotEnded = errors.New("not ended")

// A round is one order.
type round struct {
	*testing.T

	s      *site
	path   string
	end    ending
	name   string
	b, old *browser // before and after
	other  *browser
	id     string // of the device
	code   int    // of the answer to the device
	err    error  // of the end
}

// run stops the device at its nth step. It returns false if there is no such step.
func (r *round) run(n, endAt int) bool {
	r.Helper()
	path := r.path
	r.other = r.s.browser(r)
	if path == "adopt" {
		r.b, path = r.s.browser(r), "/who"
		r.b.get("/django/alice")
	} else {
		r.b, r.id = r.s.login(r, "alice")
	}
	r.s.devices.Flush()
	r.old = r.b.copy()
	device := begin(n, func(ctx context.Context) { r.code, _ = r.b.askWith(ctx, path) })
	if device.isDone() {
		r.b.get("/logout")
		return false
	}
	end := begin(endAt, func(ctx context.Context) { r.err = r.end.do(ctx, r) })
	device.finish()
	end.finish()
	r.s.devices.Flush()
	r.judge()
	return true
}

// judge looks who is logged in now.
func (r *round) judge() {
	r.Helper()
	fail := func(format string, args ...any) { r.Errorf("%s: "+format, append([]any{r.name}, args...)...) }
	if r.code != http.StatusOK && r.code != http.StatusBadRequest {
		fail("the device got %d", r.code)
	}
	if errors.Is(r.err, errNotEnded) {
		r.b.get("/logout")
		return
	}
	if r.err != nil && !errors.Is(r.err, devices.ErrNoDevice) {
		fail("the end: %v", r.err)
	}
	if who := r.old.get("/who"); who != "" {
		fail("the cookie from before is that of %s", who)
	}
	var alive []string
	for _, b := range []*browser{r.b, r.other} {
		who := b.get("/who")
		if who == "" {
			continue
		}
		own := b.own(r)
		if own == r.id || b == r.b && r.path != "/login/alice" && r.path != "/login/bob" {
			fail("the device that was ended is that of %s", who)
		}
		alive = append(alive, own)
	}
	newPassword := strings.HasPrefix(r.path, "/password/") // which ends the login that was made with the old one
	switch logsIn := strings.HasPrefix(r.path, "/login/") && r.code == http.StatusOK; {
	case !r.end.logsIn || newPassword:
	case len(alive) == 0, !logsIn && r.other.get("/who") == "":
		fail("the login that came last is out")
	}
	r.s.devices.Flush()
	var rows []string
	for _, name := range []string{"alice", "bob"} {
		list := noerror.In(r.s.devices.ListUser(r.Context(), r.s.ids[name]))
		for _, d := range list {
			rows = append(rows, d.ID)
		}
	}
	slices.Sort(rows)
	slices.Sort(alive)
	_, records := r.s.store.(steppedStore)
	if !slices.Equal(rows, alive) && (records || !newPassword) { // a dead cookie may be a copy, and leaves its row
		fail("there are the rows %q, and the logins %q", rows, alive)
	}
	r.judgeSessions(rows, fail)
	for _, b := range []*browser{r.b, r.other} {
		b.get("/logout")
	}
}

// judgeSessions looks whether the store has sessions of logins that were ended.
func (r *round) judgeSessions(rows []string, fail func(format string, args ...any)) {
	r.Helper()
	if !r.s.allauth {
		if r.s.remains(r) > 0 { // a key that was written between a row's load and its end
			r.s.ageRemains(r)
			r.s.devices.DeleteRemains(r.Context())
		}
		if n := r.s.remains(r); n != 0 {
			fail("%d rows remain", n)
		}
	}
	_, err := r.s.sessions.DeleteWhere(r.Context(), func(s *session.Session) bool {
		id := session.Item[string]("_device").Get(s, "")
		if id != "" && !slices.Contains(rows, id) {
			fail("a session of the device %s is left", id)
		}
		return false
	})
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		fail("the sessions are not listed: %v", err)
	}
}
