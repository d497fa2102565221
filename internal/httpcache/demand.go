package httpcache

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
)

// A Demand collects what is wanted of one response. It is safe for concurrent
// use. A handler that can change the header before its first byte has one, and
// its context carries it; see [Demand.Value].
type Demand struct {
	// KeyHeaders are the request's headers by which its session is found. Set
	// it before anything is added. Nil is Cookie.
	KeyHeaders []string

	want atomic.Uint32

	mu   sync.Mutex
	last []func(h http.Header, status int)
}

// AtBegin has fn called once, before the first byte of the response, with its header, for
// what depends on the status.
func (d *Demand) AtBegin(fn func(h http.Header, status int)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = append(d.last, fn)
}

// runLast calls what waits for the beginning of the response.
func (d *Demand) runLast(h http.Header, status int) {
	d.mu.Lock()
	last := d.last
	d.last = nil
	d.mu.Unlock()
	for _, fn := range last {
		fn(h, status)
	}
}

// Add notes that something is wanted.
func (d *Demand) Add(want Want) { d.want.Or(uint32(want)) }

// Meet restricts the header of a response that is about to begin.
func (d *Demand) Meet(h http.Header, status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols {
		d.runLast(h, status)
	}
	want := Want(d.want.Load())
	if want == 0 {
		return
	}
	if status == http.StatusNotModified && want&private != 0 {
		want |= noCache // it becomes part of what somebody has stored (RFC 9111, 3.2)
	}
	if want&VaryKey != 0 {
		if d.KeyHeaders == nil {
			want |= VaryCookie
		}
		for _, name := range d.KeyHeaders {
			AddVary(h, name)
		}
	}
	Restrict(h, want)
}

// demandKey is what a context is asked for.
type demandKey struct{}

// Value is for the method Value of a context that carries a Demand: it returns
// the Demand if it is asked for.
func (d *Demand) Value(key any) any {
	if _, ok := key.(demandKey); ok {
		return d
	}
	return nil
}

// From returns the innermost Demand that the context carries, or nil.
func From(ctx context.Context) *Demand {
	d, _ := ctx.Value(demandKey{}).(*Demand)
	return d
}

// Require restricts the header now, and for when somebody overwrites it, at the
// beginning of the response.
func Require(ctx context.Context, h http.Header, want Want) {
	Note(ctx, want)
	Restrict(h, want)
}

// Note is Require for those who do not have the header: nothing happens unless
// a handler around them carries a Demand.
func Note(ctx context.Context, want Want) {
	if d := From(ctx); d != nil {
		d.Add(want)
	}
}
