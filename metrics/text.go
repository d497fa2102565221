package metrics

import (
	"bytes"
	"net/http"
	"strconv"

	"github.com/jamsession/jamsession/internal/telemetry"
	"github.com/jamsession/jamsession/session"
)

// ServeHTTP writes the metrics in the text format of Prometheus, version 0.0.4, for GET and
// HEAD.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "GET only", http.StatusMethodNotAllowed)
		return
	}
	t := new(text)
	m.writeWork(t)
	m.writeEvents(t)
	if m.opts.Sockets != nil {
		t.family(telemetry.SocketsOpen, "gauge")
		t.line("", strconv.Itoa(m.opts.Sockets()), nil)
	}
	if m.opts.Health != nil {
		m.writeHealth(r, t)
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(t.Bytes()) // there is nobody to tell
}

func (m *Metrics) writeWork(t *text) {
	t.family(telemetry.StoreSeconds, "histogram")
	for op, label := range telemetry.StoreOps {
		t.histogram(&m.took[op], "op", label)
	}
	t.family(telemetry.StoreErrors, "counter")
	for op, label := range telemetry.StoreOps {
		t.sample(m.failed[op].Load(), "op", label)
	}
	t.family(telemetry.Sessions, "counter")
	for i, label := range telemetry.SessionEvents {
		t.sample(m.countSessions(i), "event", label)
	}
	for _, single := range []struct {
		name string
		op   session.Op
	}{
		{telemetry.LoginSeconds, session.OpLogin},
		{telemetry.LimiterSeconds, session.OpLimit},
		{telemetry.HashSeconds, session.OpHash},
		{telemetry.HashWaitSeconds, session.OpHashWait},
	} {
		t.family(single.name, "histogram")
		t.histogram(&m.took[single.op])
	}
	t.family(telemetry.LimiterErrors, "counter")
	t.sample(m.failed[session.OpLimit].Load())
	t.family(telemetry.HashRefused, "counter")
	t.sample(m.failed[session.OpHashWait].Load())
}

func (m *Metrics) writeEvents(t *text) {
	t.family(telemetry.Logins, "counter")
	for i, result := range telemetry.LoginResults {
		for j, method := range telemetry.LoginMethods {
			t.sample(m.logins[i][j].Load(), "result", result, "method", method)
		}
	}
	t.family(telemetry.Throttled, "counter")
	for i, purpose := range telemetry.Purposes {
		for j, bucket := range telemetry.Buckets {
			t.sample(m.throttled[i][j].Load(), "purpose", purpose, "bucket", bucket)
		}
	}
	t.family(telemetry.CSRFFailures, "counter")
	for i, reason := range telemetry.Reasons {
		t.sample(m.forged[i].Load(), "reason", reason)
	}
	t.family(telemetry.SecurityEvents, "counter")
	for i, kind := range telemetry.Kinds {
		t.sample(m.events[i].Load(), "event", string(kind))
	}
}

func (m *Metrics) writeHealth(r *http.Request, t *text) {
	all := m.opts.Health.Ask(r.Context())
	t.family(telemetry.Up, "gauge")
	for _, a := range all {
		up := uint64(0)
		if a.OK {
			up = 1
		}
		t.sample(up, "part", a.Name)
	}
	t.family(telemetry.PingSeconds, "gauge")
	for _, a := range all {
		t.value("", a.Took.Seconds(), "part", a.Name)
	}
}

// A text is what Prometheus reads.
type text struct {
	bytes.Buffer
	name string // of the family that is being written
}

func (t *text) family(name, kind string) {
	t.name = name
	t.WriteString("# HELP " + name + " " + telemetry.Help[name] + "\n# TYPE " + name + " " + kind + "\n")
}

// sample writes a count with its labels: names and values in turn.
func (t *text) sample(n uint64, labels ...string) { t.line("", strconv.FormatUint(n, 10), labels) }

func (t *text) value(suffix string, v float64, labels ...string) {
	t.line(suffix, strconv.FormatFloat(v, 'g', -1, 64), labels)
}

func (t *text) line(suffix, value string, labels []string) {
	t.WriteString(t.name + suffix)
	for i := 0; i < len(labels); i += 2 {
		t.WriteByte("{,"[min(i, 1)])
		t.WriteString(labels[i] + `="` + escape.Replace(labels[i+1]) + `"`)
	}
	if len(labels) > 0 {
		t.WriteByte('}')
	}
	t.WriteString(" " + value + "\n")
}

func (t *text) histogram(d *durations, labels ...string) {
	upTo, count, sum := d.read()
	for i, n := range upTo {
		le := strconv.FormatFloat(telemetry.Bounds[i], 'g', -1, 64)
		t.line("_bucket", strconv.FormatUint(n, 10), append(labels[:len(labels):len(labels)], "le", le))
	}
	t.line("_bucket", strconv.FormatUint(count, 10), append(labels[:len(labels):len(labels)], "le", "+Inf"))
	t.value("_sum", sum.Seconds(), labels...)
	t.line("_count", strconv.FormatUint(count, 10), labels)
}
