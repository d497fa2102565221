package otel

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/telemetry"
	"github.com/jamsession/jamsession/session"
)

// Options configure [Telemetry].
type Options struct {
	// TracerProvider makes the spans. Nil is the global one, when New is called.
	TracerProvider trace.TracerProvider

	// MeterProvider makes the instruments. Nil is the global one, when New is called.
	MeterProvider metric.MeterProvider
}

// Telemetry makes spans and counts. It is a [session.Probe]. Make one with [New]; it is safe for
// concurrent use.
type Telemetry struct {
	tracer trace.Tracer
	meter  metric.Meter
	instruments
}

// scope is the name of the instrumentation.
const scope = "github.com/jamsession/jamsession/otel"

// New returns a Telemetry. The options may be nil. The error is that of an instrument that the
// MeterProvider did not make.
func New(o *Options) (*Telemetry, error) {
	var opts Options
	if o != nil {
		opts = *o
	}
	if opts.TracerProvider == nil {
		opts.TracerProvider = otel.GetTracerProvider()
	}
	if opts.MeterProvider == nil {
		opts.MeterProvider = otel.GetMeterProvider()
	}
	t := &Telemetry{tracer: opts.TracerProvider.Tracer(scope), meter: opts.MeterProvider.Meter(scope)}
	if err := t.make(t.meter); err != nil {
		return nil, fmt.Errorf("otel: %w", err)
	}
	return t, nil
}

// Begin implements [session.Probe]: it starts a span.
func (t *Telemetry) Begin(ctx context.Context, op session.Op) context.Context {
	ctx, span := t.tracer.Start(ctx, op.String())
	return context.WithValue(ctx, t, span) // another probe may have a span of its own
}

// End implements [session.Probe]: it ends the span, and counts.
func (t *Telemetry) End(ctx context.Context, w session.Work) {
	t.count(ctx, w)
	span, ok := ctx.Value(t).(trace.Span)
	if !ok {
		return
	}
	defer span.End()
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(attribute.String("jamsession.result", resultOf(w)))
	if w.Op == session.OpClear {
		span.SetAttributes(attribute.Int("jamsession.records", w.N))
	}
	if telemetry.Failed(w) {
		span.SetAttributes(attribute.String("error.type", typeOf(w.Err)))
		span.SetStatus(codes.Error, w.Err.Error())
	}
}

// resultOf returns what came of work, in a word of a closed set.
func resultOf(w session.Work) string {
	switch {
	case telemetry.Failed(w):
		return "unavailable"
	case errors.Is(w.Err, context.Canceled):
		return "canceled"
	case w.Op <= session.OpClear:
		if i, _, ok := telemetry.SessionEvent(w); ok {
			return telemetry.SessionEvents[i]
		}
	case errors.Is(w.Err, auth.ErrNoMatch), errors.Is(w.Err, auth.ErrDenied):
		return "failed"
	case w.Err != nil && (w.Op == session.OpLogin || w.Op == session.OpLimit):
		return "limited"
	}
	if w.Err != nil {
		return "refused"
	}
	return "ok"
}

// typeOf returns a word for an error, of a closed set.
func typeOf(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, session.ErrUnavailable):
		return "unavailable"
	}
	return "_OTHER" // as the conventions say
}
