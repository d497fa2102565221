package otel

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/jamsession/jamsession/health"
	"github.com/jamsession/jamsession/internal/telemetry"
)

// Observe has the metrics tell, whenever they are collected, which parts of a site answer, by
// site.Site.Health, and how many watches are open, by devices.Devices.Watching. Either may be nil,
// which leaves its metrics out. Call it once, when the site is open.
func (t *Telemetry) Observe(h *health.Health, sockets func() int) error {
	var errs []error
	if h != nil {
		errs = append(errs, observeHealth(t.meter, h))
	}
	if sockets != nil {
		errs = append(errs, observeSockets(t.meter, sockets))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("otel: %w", err)
	}
	return nil
}

func observeHealth(meter metric.Meter, h *health.Health) error {
	up, err := meter.Int64ObservableGauge(telemetry.Up, metric.WithDescription(telemetry.Help[telemetry.Up]))
	if err != nil {
		return err
	}
	ping, err := meter.Float64ObservableGauge(telemetry.PingSeconds, metric.WithUnit("s"),
		metric.WithDescription(telemetry.Help[telemetry.PingSeconds]))
	if err != nil {
		return err
	}
	_, err = meter.RegisterCallback(func(ctx context.Context, to metric.Observer) error {
		for _, a := range h.Ask(ctx) {
			part := metric.WithAttributes(attribute.String("part", a.Name))
			to.ObserveInt64(up, map[bool]int64{true: 1}[a.OK], part)
			to.ObserveFloat64(ping, a.Took.Seconds(), part)
		}
		return nil
	}, up, ping)
	return err
}

func observeSockets(meter metric.Meter, sockets func() int) error {
	_, err := meter.Int64ObservableGauge(telemetry.SocketsOpen, metric.WithUnit("{socket}"),
		metric.WithDescription(telemetry.Help[telemetry.SocketsOpen]),
		metric.WithInt64Callback(func(_ context.Context, to metric.Int64Observer) error {
			to.Observe(int64(sockets()))
			return nil
		}))
	return err
}
