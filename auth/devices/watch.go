package devices

import (
	"context"
	"crypto/hmac"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/jamsession/jamsession/internal/devicekeeper"
	"github.com/jamsession/jamsession/secret"
)

// ErrEnded is the [context.Cause] of a context of [Devices.Watch] whose login has ended.
var ErrEnded = errors.New("devices: the login has ended")

// errClosed is the cause after Close.
var errClosed error = unavailable{errors.New("devices: closed")}

// errUnseen is the cause if nobody could look for too long.
var errUnseen error = unavailable{errors.New("devices: nobody could look whether the login has ended")}

// Watch returns a context that ends with the visitor's login, for what goes on after the
// request was let in: a WebSocket, a stream of events, a long poll. It descends from the
// context of the request. See "Open sockets" in the package comment.
//
//	ctx, stop, err := here.Watch(r)
//	if err != nil {
//		session.Abort(r, err)
//	}
//	defer stop()
//
// When the login has ended, [context.Cause] of the context is [ErrEnded]. A cause that wraps
// [session.ErrUnavailable] says that it could not be found out for half a minute, that the
// http.Server of the request shuts down, or that the devices were closed: the page may try again.
// Call stop when nobody needs the context any more.
//
// The error is [ErrNoDevice] for a visitor who is anonymous.
func (d *Devices) Watch(r *http.Request) (context.Context, context.CancelFunc, error) {
	v, err := devicekeeper.Visitor(r, &d.keeper)
	switch {
	case err != nil:
		return nil, nil, err
	case v.UserID == "":
		return nil, nil, ErrNoDevice
	case v.ID == "":
		return nil, nil, wrap(r.Context(), "watch", errNotAdopted)
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	w := newWatch(ctx, cancel, v)
	w.server, _ = r.Context().Value(http.ServerContextKey).(*http.Server)
	if err := d.watches.add(w); err != nil {
		cancel(err)
		return nil, nil, err
	}
	d.news.start()
	return ctx, func() { d.watches.end(w, context.Canceled) }, nil
}

// Watching returns how many watches of [Devices.Watch] are open in this process: zero for nil
// Devices, such as those of a site without any.
func (d *Devices) Watching() int {
	if d == nil {
		return 0
	}
	d.watches.mu.Lock()
	defer d.watches.mu.Unlock()
	return d.watches.open
}

// A watch is a login that somebody watches.
type watch struct {
	ctx    context.Context
	cancel context.CancelCauseFunc

	user, id string // of the row
	backend  string
	server   *http.Server // of the request; nil if that is not known
	manager  devicekeeper.Manager

	known      // guarded by the registry
	place int  // among those of the user; guarded by the registry
	gone  bool // from there; guarded by the registry

	// The rest is what the looks have found, one after another.
	state  uint64      // of the user, for which the login is good
	sealed string      // as the row has it
	rowKey secret.Text // which was sealed
	ends   int64       // the row does, in microseconds; 0: not looked at yet
	seen   time.Time   // when everything was last looked at
	doubt  doubt
}

// known is what requests have said of a login.
type known struct {
	key   secret.Text // of the session's record; empty if there is none
	login any         // for devicekeeper.Manager.Holds
	until time.Time   // it ends, as far as that is known

	untilIsNew bool // a request has just said so: what the row said before does not count
}

// A doubt is that a login seems to have ended, which a request may explain that has just given
// it another key or password, and has not stored that yet.
type doubt struct {
	since time.Time // zero: there is none
	over  string    // the keys
}

// settled is how long such a request may take.
const settled = 250 * time.Millisecond

func newWatch(ctx context.Context, cancel context.CancelCauseFunc, v devicekeeper.Visit) *watch {
	return &watch{
		ctx: ctx, cancel: cancel, user: v.UserID, id: v.ID, backend: v.Backend, manager: v.Manager,
		known: known{key: secret.New(v.Key), login: v.Login, until: v.Until},
		state: v.State, seen: time.Now(),
	}
}

// doubted notes a doubt over a session with these keys, and reports whether it has lasted.
func (w *watch) doubted(keys []string, now time.Time) bool {
	over := strings.Join(keys, " ")
	if w.doubt.since.IsZero() || !hmac.Equal([]byte(w.doubt.over), []byte(over)) {
		w.doubt = doubt{now, over}
	}
	return now.Sub(w.doubt.since) >= settled
}
