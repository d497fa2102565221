package auth

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/internal/limited"
	"github.com/jamsession/jamsession/internal/panics"
	"github.com/jamsession/jamsession/session"
)

// An EventKind is the kind of an [Event], in a word that is fit for the label of a metric.
type EventKind string

// The kinds of [Event]. There are no others.
const (
	EventLogin            EventKind = "login"             // a visitor became a user
	EventLoginFailed      EventKind = "login_failed"      // unknown name, wrong password, or denied
	EventLoginUnavailable EventKind = "login_unavailable" // it could not be found out: 503
	EventLogout           EventKind = "logout"            // a user has logged out
	EventLimited          EventKind = "limited"           // a limiter has refused an attempt

	EventSignedUp        EventKind = "signed_up"        // a visitor has made a user
	EventPasswordChanged EventKind = "password_changed" // by a user who knew the old one
	EventPasswordReset   EventKind = "password_reset"   // by a visitor with a link from a mail
	EventPasswordSet     EventKind = "password_set"     // by the program: Manager.SetPassword
	EventPasswordWrong   EventKind = "password_wrong"   // the old one, when it was to be changed

	EventEnded      EventKind = "sessions_ended" // all of a user, or of everybody
	EventDenied     EventKind = "denied"         // a user may not see a page: 403
	EventCSRFFailed EventKind = "csrf_failed"    // package csrf has refused a request

	EventDeviceStarted EventKind = "device_started" // those of devices.Event
	EventDeviceAdopted EventKind = "device_adopted"
	EventDeviceEnded   EventKind = "device_ended"
	EventDeviceLimited EventKind = "device_limited"

	EventConsoleLooked EventKind = "console_looked" // an operator asked for the values of a session
	EventConsoleEnded  EventKind = "console_ended"  // an operator has ended logins or a session
	EventConsoleLifted EventKind = "console_lifted" // an operator has lifted limits
)

// An Event is something that matters to those who watch over a site: for logs, metrics and
// alarms. It never holds a key, token or password, nor what a visitor has typed into a
// form.
type Event struct {
	Kind EventKind

	// UserID is the [User.ID] of the account that the event is about. It is empty if the
	// account is not known, and for EventEnded if it is everybody's. EventLoginFailed and
	// EventLimited know it if there is an Options.Limiter, and the name is one of a user.
	UserID string

	// ActorID is the [User.ID] of the operator who acts in the console, and else empty.
	ActorID string

	// DeviceID is the row in Options.Devices that the event is about, if any.
	DeviceID string

	// Method is how the user was recognized, for EventLogin and EventLoginFailed: "password" by
	// Manager.Authenticate, "other" by other means.
	Method string

	// Source is the network that the request came from, as Options.Limiter says it, if that is
	// a [SourceLimiter], and else empty.
	Source string

	// Purpose is what EventLimited has refused: "login", also of a request that asks for the
	// password again, "sign-up" or "password reset". Bucket is what was exhausted, as
	// throttle.Options.OnLimited says it, or empty, and Wait is how long it takes until the
	// next attempt may pass, if that is known.
	Purpose, Bucket string
	Wait            time.Duration

	// Reason is the check that EventCSRFFailed has failed: "origin", "referer", "cookie",
	// "token", "size" or "other".
	Reason string

	// Records is how many records of sessions EventEnded has deleted.
	Records int
}

// Report tells Options.OnEvent of what happens outside of the manager, with the Source of the
// request: a refusal of package csrf, or a page that a user may not see. The manager reports
// its own.
func (m *Manager) Report(r *http.Request, e Event) {
	if m.opts.OnEvent == nil {
		return
	}
	if l, ok := m.opts.Limiter.(SourceLimiter); ok && e.Source == "" {
		e.Source = l.SourceOf(r)
	}
	m.hear(r.Context(), e)
}

// hear calls Options.OnEvent. A panic there is logged, and does not keep from being done what the
// event is a part of: half a logout would leave a login.
func (m *Manager) hear(ctx context.Context, e Event) {
	panics.Guard(func() { m.opts.OnEvent(ctx, e) }, panics.Log(m.opts.Logger, "auth: OnEvent panics"))()
}

// tell reports an event of the request that ctx is of, if it is of one.
func (m *Manager) tell(ctx context.Context, e Event) {
	if m.opts.OnEvent == nil {
		return
	}
	if x := exchangeOf(ctx); x != nil {
		m.Report(x.req.WithContext(ctx), e)
		return
	}
	m.hear(ctx, e)
}

// tellLimited reports that a limiter has refused an attempt, if that is what the error says.
func (m *Manager) tellLimited(r *http.Request, purpose string, a Attempt, err error) {
	if bucket, wait, ok := limited.Of(err); ok {
		m.Report(r, Event{
			Kind: EventLimited, Purpose: purpose, UserID: a.User.ID, Bucket: bucket, Wait: wait,
		})
	}
}

// tellUnavailable reports a login that could not be judged, unless its visitor has gone.
func (m *Manager) tellUnavailable(r *http.Request, a Attempt, err error) {
	if errors.Is(err, session.ErrUnavailable) && r.Context().Err() == nil {
		m.Report(r, Event{Kind: EventLoginUnavailable, UserID: a.User.ID, Method: methodPassword})
	}
}

// The methods of a login.
const (
	methodPassword = "password"
	methodOther    = "other"
)
