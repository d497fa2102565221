package otel

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/telemetry"
	"github.com/jamsession/jamsession/session"
)

// instruments have the names of package metrics.
type instruments struct {
	storeSeconds, loginSeconds, limiterSeconds, hashSeconds, hashWaitSeconds metric.Float64Histogram
	storeErrors, sessions, logins, limiterErrors, throttled, hashRefused     metric.Int64Counter
	csrfFailures, securityEvents                                             metric.Int64Counter
}

func (i *instruments) make(meter metric.Meter) error {
	var errs []error
	for name, field := range map[string]*metric.Float64Histogram{
		telemetry.StoreSeconds: &i.storeSeconds, telemetry.LoginSeconds: &i.loginSeconds,
		telemetry.LimiterSeconds: &i.limiterSeconds, telemetry.HashSeconds: &i.hashSeconds,
		telemetry.HashWaitSeconds: &i.hashWaitSeconds,
	} {
		var err error
		*field, err = meter.Float64Histogram(name, metric.WithUnit("s"),
			metric.WithDescription(telemetry.Help[name]),
			metric.WithExplicitBucketBoundaries(telemetry.Bounds[:]...))
		errs = append(errs, err)
	}
	for name, counter := range map[string]struct {
		field *metric.Int64Counter
		unit  string
	}{
		telemetry.StoreErrors: {&i.storeErrors, "{error}"}, telemetry.Sessions: {&i.sessions, "{record}"},
		telemetry.Logins: {&i.logins, "{login}"}, telemetry.LimiterErrors: {&i.limiterErrors, "{error}"},
		telemetry.Throttled: {&i.throttled, "{attempt}"}, telemetry.HashRefused: {&i.hashRefused, "{hash}"},
		telemetry.CSRFFailures:   {&i.csrfFailures, "{request}"},
		telemetry.SecurityEvents: {&i.securityEvents, "{event}"},
	} {
		var err error
		*counter.field, err = meter.Int64Counter(name, metric.WithUnit(counter.unit),
			metric.WithDescription(telemetry.Help[name]))
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// count counts work, as Metrics.End does.
func (i *instruments) count(ctx context.Context, w session.Work) {
	failed, seconds := telemetry.Failed(w), w.Took.Seconds()
	switch {
	case w.Op < 0 || w.Op > session.OpHash:
	case w.Op <= session.OpClear:
		op := label("op", telemetry.StoreOps[w.Op])
		i.storeSeconds.Record(ctx, seconds, op)
		addIf(ctx, failed, i.storeErrors, op)
		if event, n, ok := telemetry.SessionEvent(w); ok {
			i.sessions.Add(ctx, int64(n), label("event", telemetry.SessionEvents[event]))
		}
	case w.Op == session.OpLogin:
		i.loginSeconds.Record(ctx, seconds)
	case w.Op == session.OpLimit:
		i.limiterSeconds.Record(ctx, seconds)
		addIf(ctx, failed, i.limiterErrors)
	case w.Op == session.OpHashWait:
		i.hashWaitSeconds.Record(ctx, seconds)
		addIf(ctx, failed, i.hashRefused)
	case w.Op == session.OpHash:
		i.hashSeconds.Record(ctx, seconds)
	}
}

func addIf(ctx context.Context, is bool, to metric.Int64Counter, o ...metric.AddOption) {
	if is {
		to.Add(ctx, 1, o...)
	}
}

func label(key, value string) metric.MeasurementOption {
	return metric.WithAttributes(attribute.String(key, value))
}

// Event counts an event of package auth; it is for auth.Options.OnEvent and site.Options.OnEvent.
func (t *Telemetry) Event(ctx context.Context, e auth.Event) {
	kinds := telemetry.Kinds[:]
	t.securityEvents.Add(ctx, 1, label("event", string(kinds[telemetry.IndexOf(kinds, e.Kind)])))
	if result, method, ok := telemetry.Login(e); ok {
		t.logins.Add(ctx, 1, metric.WithAttributes(
			attribute.String("result", telemetry.LoginResults[result]),
			attribute.String("method", telemetry.LoginMethods[method])))
	}
	switch e.Kind {
	case auth.EventLimited:
		t.throttled.Add(ctx, 1, metric.WithAttributes(
			attribute.String("purpose", closed(telemetry.Purposes[:], e.Purpose)),
			attribute.String("bucket", closed(telemetry.Buckets[:], e.Bucket))))
	case auth.EventCSRFFailed:
		t.csrfFailures.Add(ctx, 1, label("reason", closed(telemetry.Reasons[:], e.Reason)))
	}
}

// closed returns a label of a closed set.
func closed(labels []string, label string) string { return labels[telemetry.IndexOf(labels, label)] }
