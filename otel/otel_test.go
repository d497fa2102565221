package otel_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/health"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/metrics"
	"github.com/jamsession/jamsession/otel"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
	_ "github.com/jamsession/jamsession/site/sqlite"
)

// A kit is a Telemetry with what it has told.
type kit struct {
	*otel.Telemetry
	spans  *tracetest.InMemoryExporter
	reader *sdkmetric.ManualReader
	traces *sdktrace.TracerProvider
}

func newKit(t *testing.T) *kit {
	t.Helper()
	k := &kit{spans: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader()}
	k.traces = sdktrace.NewTracerProvider(sdktrace.WithSyncer(k.spans))
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(k.reader))
	var err error
	k.Telemetry, err = otel.New(&otel.Options{TracerProvider: k.traces, MeterProvider: meters})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// told returns each span as "name in parent result status", in the order of their ends.
func (k *kit) told() []string {
	names := map[string]string{}
	all := k.spans.GetSpans()
	for _, s := range all {
		names[s.SpanContext.SpanID().String()] = s.Name
	}
	var told []string
	for _, s := range all {
		line := s.Name
		if parent := names[s.Parent.SpanID().String()]; parent != "" {
			line += " in " + parent
		}
		for _, a := range s.Attributes {
			line += " " + a.Value.String()
		}
		if s.Status.Code == codes.Error {
			line += ": " + s.Status.Description
		}
		told = append(told, line)
	}
	return told
}

// samples returns what was counted, as "name{label="value"} n", with the number of durations.
func (k *kit) samples(t *testing.T) []string {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := k.reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					lines = append(lines, line(m.Name, p.Attributes.ToSlice(), p.Value))
				}
			case metricdata.Gauge[int64]:
				for _, p := range data.DataPoints {
					lines = append(lines, line(m.Name, p.Attributes.ToSlice(), p.Value))
				}
			case metricdata.Gauge[float64]:
				for _, p := range data.DataPoints {
					lines = append(lines, line(m.Name, p.Attributes.ToSlice(), 0))
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					lines = append(lines, line(m.Name+"_count", p.Attributes.ToSlice(), int64(p.Count)))
				}
			default:
				t.Errorf("%s is a %T", m.Name, data)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// line writes a sample as package metrics does, with its labels in the order of their names.
func line(name string, labels []attribute.KeyValue, value int64) string {
	var pairs []string
	for _, a := range labels {
		pairs = append(pairs, fmt.Sprintf("%s=%q", a.Key, a.Value.String()))
	}
	return written(name, pairs, fmt.Sprint(value))
}

func written(name string, pairs []string, value string) string {
	slices.Sort(pairs)
	if len(pairs) > 0 {
		name += "{" + strings.Join(pairs, ",") + "}"
	}
	return name + " " + value
}

// TestInstrumentsAreThoseOfPackageMetrics: from the same work and events both count the same, under the
// same names and labels.
func TestInstrumentsAreThoseOfPackageMetrics(t *testing.T) {
	h, err := health.New(nil, health.Store(memstore.New()))
	if err != nil {
		t.Fatal(err)
	}
	sockets := func() int { return 3 }
	k, m := newKit(t), metrics.New(&metrics.Options{Health: h, Sockets: sockets})
	if err := k.Observe(h, sockets); err != nil {
		t.Fatal(err)
	}
	for op := session.OpLoad - 1; op <= session.OpHash+1; op++ {
		for _, err := range []error{
			nil, session.ErrNotFound, session.ErrConflict, session.ErrUnavailable, auth.ErrNoMatch, password.ErrBusy,
			fmt.Errorf("x: %w", context.Canceled), context.DeadlineExceeded, errors.New("x"),
		} {
			w := session.Work{Op: op, Took: time.Second, Err: err, N: 3}
			m.End(m.Begin(t.Context(), op), w)
			k.End(k.Begin(t.Context(), op), w)
		}
	}
	for _, kind := range []auth.EventKind{
		auth.EventLogin, auth.EventLoginFailed, auth.EventLoginUnavailable, auth.EventLimited, auth.EventCSRFFailed,
		auth.EventDenied, auth.EventDeviceEnded, "of a program",
	} {
		for _, word := range []string{"login", "password", "account", "token", "of a program", ""} {
			e := auth.Event{Kind: kind, Method: word, Purpose: word, Bucket: word, Reason: word, UserID: "17"}
			m.Event(t.Context(), e)
			k.Event(t.Context(), e)
		}
	}
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	var want []string
	for _, sample := range regexp.MustCompile(`(?m)^(\w+)(?:\{(.*)\})? (\S+)$`).FindAllStringSubmatch(w.Body.String(), -1) {
		name, value := sample[1], sample[3]
		if name == "jamsession_ping_seconds" {
			value = "0" // takes another time
		} else if strings.HasSuffix(name, "_bucket") || strings.HasSuffix(name, "_sum") || value == "0" {
			continue
		}
		want = append(want, written(name, regexp.MustCompile(`\w+=".*?"`).FindAllString(sample[2], -1), value))
	}
	slices.Sort(want)
	if got := k.samples(t); !slices.Equal(got, want) || len(want) < 30 {
		t.Errorf("there are\n%s\nand package metrics has\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestSpansOfALogin: what belongs together is within each other, and nothing secret is in them.
func TestSpansOfALogin(t *testing.T) {
	k := newKit(t)
	here := open(t, k)
	var key string
	h := here.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		user, err := here.Auth.Authenticate(r, r.FormValue("name"), r.FormValue("password"))
		if err != nil {
			return
		}
		if err := here.Auth.Login(r, user); err != nil {
			t.Error(err)
		}
		if err := session.From(r).Save(r.Context()); err != nil {
			t.Error(err)
		}
		key = session.From(r).Key()
	}))
	k.spans.Reset()
	visit := func(name, password string) {
		ctx, span := k.traces.Tracer("test").Start(t.Context(), "request")
		defer span.End()
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://example.com/", nil)
		r.URL.RawQuery = url.Values{"name": {name}, "password": {password}}.Encode()
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	visit("alice", "wonderland")
	want := []string{
		"auth.limit in auth.login ok", "password.wait in auth.login ok", "password.hash in auth.login ok",
		"auth.login in request ok", "session.create in request created", "request",
	}
	if got := k.told(); !slices.Equal(got, want) {
		t.Errorf("spans %q\nwant  %q", got, want)
	}
	k.spans.Reset()
	visit("alice", "planted-password")
	visit("planted-name", "planted-password")
	told := k.told()
	if !slices.Contains(told, "auth.login in request failed") {
		t.Errorf("a failed login: %q", told)
	}
	all := fmt.Sprintf("%+v %q", k.spans.GetSpans(), k.samples(t))
	for _, secret := range []string{"planted", "wonderland", "alice", key, session.Fingerprint(key)} {
		if secret == "" || strings.Contains(all, secret) {
			t.Errorf("%.6q is in a span or a metric, or empty", secret)
		}
	}
}

// open opens a site with a user.
func open(t *testing.T, k *kit) *site.Site {
	t.Helper()
	s, err := settings.Load(settings.Sources{Flags: map[string]string{
		"SECRET_KEY": "kx9Wq2mVt7Rb4Zn8Lc5Hd1Jf6Gs3Py0Ua-Oe_Ti.Bw+Qr", "PBKDF2_ITERATIONS": "1",
		"DATABASE_URL": "sqlite:///" + filepath.Join(t.TempDir(), "site.db"), "LOGIN_LIMIT_STORE": "memory",
	}})
	if err != nil {
		t.Fatal(err)
	}
	o := &site.Options{Probe: k, OnEvent: k.Event, Logger: slog.New(slog.DiscardHandler)}
	if err := site.Migrate(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
	here, err := site.Open(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = here.Close() })
	hash, err := here.Hashers.Hash(t.Context(), "wonderland")
	if err != nil {
		t.Fatal(err)
	}
	_, err = here.Users().Create(t.Context(), auth.User{Username: "alice", Password: hash, IsActive: true})
	if err != nil {
		t.Fatal(err)
	}
	return here
}

// TestStatusOfASpan is an error if something could not be done.
func TestStatusOfASpan(t *testing.T) {
	unavailable := fmt.Errorf("%w: the server is gone", session.ErrUnavailable)
	for _, c := range []struct {
		work session.Work
		want string
	}{
		{session.Work{Op: session.OpLoad}, "session.load loaded"},
		{session.Work{Op: session.OpLoad, Err: session.ErrNotFound}, "session.load missed"},
		{session.Work{Op: session.OpLoad, Err: context.Canceled}, "session.load canceled"},
		{session.Work{Op: session.OpLoad, Err: unavailable}, "session.load unavailable unavailable: " + unavailable.Error()},
		{
			session.Work{Op: session.OpSave, Err: context.DeadlineExceeded},
			"session.save unavailable timeout: context deadline exceeded",
		},
		{session.Work{Op: session.OpSave, Err: session.ErrConflict}, "session.save conflict"},
		{session.Work{Op: session.OpCreate, Err: session.ErrExists}, "session.create refused"},
		{session.Work{Op: session.OpDelete, Err: errors.New("x")}, "session.delete unavailable _OTHER: x"},
		{session.Work{Op: session.OpClear, N: 5}, "session.clear cleared 5"},
		{session.Work{Op: session.OpLogin, Err: auth.ErrNoMatch}, "auth.login failed"},
		{session.Work{Op: session.OpLogin, Err: &session.RetryError{Err: errors.New("x")}}, "auth.login limited"},
		{session.Work{Op: session.OpLimit, Err: errors.New("x")}, "auth.limit limited"},
		{session.Work{Op: session.OpHash, Err: password.ErrMalformed}, "password.hash unavailable _OTHER: " + password.ErrMalformed.Error()},
	} {
		k := newKit(t)
		k.End(k.Begin(t.Context(), c.work.Op), c.work)
		if got := k.told(); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%v %v: %q, want %q", c.work.Op, c.work.Err, got, c.want)
		}
	}
}

// TestEachTelemetryEndsItsOwnSpan, where there are two.
func TestEachTelemetryEndsItsOwnSpan(t *testing.T) {
	a, b := newKit(t), newKit(t)
	ctx := b.Begin(a.Begin(t.Context(), session.OpSave), session.OpSave)
	a.End(ctx, session.Work{Op: session.OpSave})
	b.End(ctx, session.Work{Op: session.OpSave})
	if len(a.told()) != 1 || len(b.told()) != 1 {
		t.Errorf("ended: %q and %q", a.told(), b.told())
	}
}

// TestWithoutProviders nothing happens.
func TestWithoutProviders(t *testing.T) {
	telemetry, err := otel.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	telemetry.End(telemetry.Begin(t.Context(), session.OpLoad), session.Work{Op: session.OpLoad})
	telemetry.End(t.Context(), session.Work{Op: session.OpLoad}) // of nobody's Begin
	telemetry.Event(t.Context(), auth.Event{Kind: auth.EventLogin})
	if err := telemetry.Observe(nil, nil); err != nil {
		t.Error(err)
	}
}
