package metrics

import (
	"context"
	"sync/atomic"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/health"
	"github.com/jamsession/jamsession/internal/telemetry"
	"github.com/jamsession/jamsession/session"
)

// Options configure [Metrics].
type Options struct {
	// Health is asked, when the metrics are read, which parts of the site answer. Nil leaves
	// these metrics out.
	Health *health.Health

	// Sockets is asked, when the metrics are read, how many watches of devices.Watch are open;
	// it is devices.Devices.Watching. Nil leaves this metric out.
	Sockets func() int
}

// Metrics are the counters of one process. Make them with [New]; they are safe for
// concurrent use. They are a [session.Probe] and an [http.Handler].
type Metrics struct {
	opts Options

	took     [opCount]durations
	failed   [opCount]atomic.Uint64
	sessions [len(telemetry.SessionEvents)]atomic.Uint64 // without those that durations count

	logins    [len(telemetry.LoginResults)][len(telemetry.LoginMethods)]atomic.Uint64
	throttled [len(telemetry.Purposes)][len(telemetry.Buckets)]atomic.Uint64
	forged    [len(telemetry.Reasons)]atomic.Uint64
	events    [len(telemetry.Kinds)]atomic.Uint64

	history history
}

const opCount = int(session.OpHash) + 1

// New returns metrics that begin at zero. The options may be nil.
func New(o *Options) *Metrics {
	m := new(Metrics)
	if o != nil {
		m.opts = *o
	}
	return m
}

// Begin implements [session.Probe].
func (m *Metrics) Begin(ctx context.Context, _ session.Op) context.Context { return ctx }

// End implements [session.Probe].
func (m *Metrics) End(_ context.Context, w session.Work) {
	if w.Op < 0 || int(w.Op) >= opCount {
		return
	}
	d := &m.took[w.Op]
	if w.Err == nil && w.Op != session.OpClear {
		d.well.add(w.Took) // which counts what became of the record as well
		return
	}
	d.otherwise.add(w.Took)
	if telemetry.Failed(w) {
		m.failed[w.Op].Add(1)
	}
	if i, n, ok := telemetry.SessionEvent(w); ok {
		m.sessions[i].Add(uint64(n))
	}
}

// countSessions returns how many records met an end, by its index among the labels.
func (m *Metrics) countSessions(event int) uint64 {
	n := m.sessions[event].Load()
	for op := session.OpLoad; op < session.OpClear; op++ {
		if i, _, _ := telemetry.SessionEvent(session.Work{Op: op}); i == event {
			_, well := m.took[op].well.read()
			n += well
		}
	}
	return n
}

// Event counts an event of package auth; it is for auth.Options.OnEvent.
func (m *Metrics) Event(_ context.Context, e auth.Event) {
	kind := telemetry.IndexOf(telemetry.Kinds[:], e.Kind)
	m.events[kind].Add(1)
	m.history.add(kind)
	if result, method, ok := telemetry.Login(e); ok {
		m.logins[result][method].Add(1)
	}
	switch e.Kind {
	case auth.EventLimited:
		purpose := telemetry.IndexOf(telemetry.Purposes[:], e.Purpose)
		m.throttled[purpose][telemetry.IndexOf(telemetry.Buckets[:], e.Bucket)].Add(1)
	case auth.EventCSRFFailed:
		m.forged[telemetry.IndexOf(telemetry.Reasons[:], e.Reason)].Add(1)
	}
}
