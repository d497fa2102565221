package site

import (
	"context"
	"errors"
	"net/http"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/health"
	"github.com/jamsession/jamsession/metrics"
	"github.com/jamsession/jamsession/session"
)

// watch makes what watches over the site. The parts that it asks are opened later.
func (s *Site) watch() (err error) {
	checks := []health.Check{{Name: "store", Ask: func(ctx context.Context) error {
		return health.Store(s.Store).Ask(ctx)
	}}}
	if s.needsDatabase() {
		checks = append(checks, health.Check{Name: "database", Ask: func(ctx context.Context) error {
			return s.Database.DB.PingContext(ctx)
		}})
	}
	s.Health, err = health.New(&health.Options{Logger: s.opts.Logger}, checks...)
	if err != nil {
		return err
	}
	s.Metrics = metrics.New(&metrics.Options{Health: s.Health, Sockets: s.sockets})
	s.probe = join(s.Metrics, s.opts.Probe)
	if s.opts.AuditLogger != nil {
		s.audit = auth.AuditLog(s.opts.AuditLogger)
	}
	return nil
}

// sockets returns how many watches of devices are open, and asks no database.
func (s *Site) sockets() int {
	if s.devices == nil {
		return 0
	}
	return s.devices.devices.Load().Watching()
}

// tell has all hear of an event that the site watches for.
func (s *Site) tell(ctx context.Context, e auth.Event) {
	s.Metrics.Event(ctx, e)
	if s.audit != nil {
		s.audit(ctx, e)
	}
	if s.opts.OnEvent != nil {
		s.opts.OnEvent(ctx, e)
	}
}

// watchAuth adds the site to what the options of the program say.
func (s *Site) watchAuth(o *auth.Options) {
	o.Probe = join(s.probe, o.Probe)
	own := o.OnEvent
	o.OnEvent = func(ctx context.Context, e auth.Event) {
		s.tell(ctx, e)
		if own != nil {
			own(ctx, e)
		}
	}
}

// kindsOfDevices are what events of devices are called among those of the site.
var kindsOfDevices = map[devices.EventKind]auth.EventKind{
	devices.EventStarted: auth.EventDeviceStarted,
	devices.EventAdopted: auth.EventDeviceAdopted,
	devices.EventEnded:   auth.EventDeviceEnded,
	devices.EventLimited: auth.EventDeviceLimited,
}

func (s *Site) watchDevices(o *devices.Options) {
	own := o.OnEvent
	o.OnEvent = func(e devices.Event) {
		if kind, ok := kindsOfDevices[e.Kind]; ok {
			s.tell(context.Background(), auth.Event{Kind: kind, UserID: e.UserID, DeviceID: e.DeviceID})
		}
		if own != nil {
			own(e)
		}
	}
}

// checksOfForms are the reasons of events, by the error of package csrf.
var checksOfForms = []struct {
	err    error
	reason string
}{
	{csrf.ErrOrigin, "origin"},
	{csrf.ErrReferer, "referer"},
	{csrf.ErrCookie, "cookie"},
	{csrf.ErrToken, "token"},
	{csrf.ErrTooLarge, "size"},
}

// tellOfForm reports a request that package csrf refuses.
func (s *Site) tellOfForm(r *http.Request, err error) {
	e := auth.Event{Kind: auth.EventCSRFFailed, Reason: "other"}
	for _, check := range checksOfForms {
		if errors.Is(err, check.err) {
			e.Reason = check.reason
		}
	}
	s.Auth.Report(r, e)
}

// join returns a probe that tells two others, either of which may be nil.
func join(a, b session.Probe) session.Probe {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return bothProbes{a, b}
}

type bothProbes [2]session.Probe

func (b bothProbes) Begin(ctx context.Context, op session.Op) context.Context {
	return b[1].Begin(b[0].Begin(ctx, op), op)
}

func (b bothProbes) End(ctx context.Context, w session.Work) {
	b[1].End(ctx, w)
	b[0].End(ctx, w)
}
