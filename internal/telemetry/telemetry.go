// Package telemetry says what the work and the events of the module are called in metrics. Both
// package metrics and module otel count by it, so that they have the same names and labels. An
// older release of otel may be built with this: keep it compatible.
package telemetry

import (
	"context"
	"errors"
	"slices"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/session"
)

// The names of the metrics. docs/observability.md explains them.
const (
	StoreSeconds    = "jamsession_store_seconds"
	StoreErrors     = "jamsession_store_errors_total"
	Sessions        = "jamsession_sessions_total"
	LoginSeconds    = "jamsession_login_seconds"
	Logins          = "jamsession_logins_total"
	LimiterSeconds  = "jamsession_limiter_seconds"
	LimiterErrors   = "jamsession_limiter_errors_total"
	Throttled       = "jamsession_throttled_total"
	HashSeconds     = "jamsession_hash_seconds"
	HashWaitSeconds = "jamsession_hash_wait_seconds"
	HashRefused     = "jamsession_hash_refused_total"
	CSRFFailures    = "jamsession_csrf_failures_total"
	SecurityEvents  = "jamsession_security_events_total"
	SocketsOpen     = "jamsession_sockets_open"
	Up              = "jamsession_up"
	PingSeconds     = "jamsession_ping_seconds"
)

// Help describes the metrics, each in a line.
var Help = map[string]string{
	StoreSeconds:    "How long the store of sessions took to answer.",
	StoreErrors:     "Questions that the store of sessions could not answer.",
	Sessions:        "What became of records of sessions.",
	LoginSeconds:    "How long it took to judge a login, with the limiter and the hash.",
	Logins:          "Logins, and attempts at one.",
	LimiterSeconds:  "How long a limiter took to answer.",
	LimiterErrors:   "Questions that a limiter could not answer.",
	Throttled:       "Attempts that a limiter has refused.",
	HashSeconds:     "How long it took to hash a password.",
	HashWaitSeconds: "How long a hash waited for a processor.",
	HashRefused:     "Hashes that were refused since too many waited.",
	CSRFFailures:    "Requests that package csrf has refused.",
	SecurityEvents:  "What happened to accounts and their logins.",
	SocketsOpen:     "WebSockets, streams and long polls that go on as long as a login.",
	Up:              "Whether a part of the site answers.",
	PingSeconds:     "How long a part of the site took to answer.",
}

// Bounds are the upper bounds of the buckets of all histograms, in seconds.
var Bounds = [...]float64{
	0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
}

// StoreOps are the labels "op" of questions to the store, in the order of the constants.
var StoreOps = [...]string{"load", "create", "save", "delete", "clear"}

// Took returns how many questions of a kind to the store took as long as each of the buckets of
// [Bounds], and longer, since the process has begun. Package metrics sets it.
var Took func(metrics any, op session.Op) []uint64

// Failed reports whether work failed, rather than found out something. A visitor who has left
// is not a failure.
func Failed(w session.Work) bool {
	if w.Err == nil || errors.Is(w.Err, context.Canceled) {
		return false
	}
	switch w.Op {
	case session.OpLogin, session.OpLimit:
		return errors.Is(w.Err, session.ErrUnavailable)
	case session.OpHashWait:
		return errors.Is(w.Err, password.ErrBusy)
	}
	for _, found := range [...]error{
		session.ErrNotFound, session.ErrConflict, session.ErrExists, session.ErrTooLarge,
	} {
		if errors.Is(w.Err, found) {
			return false
		}
	}
	return true
}

// SessionEvents are the labels "event" of what becomes of records.
var SessionEvents = [...]string{
	"loaded", "missed", "created", "saved", "conflict", "interrupted", "deleted", "cleared",
}

// SessionEvent returns the index of what became of a record, and how often, or false.
func SessionEvent(w session.Work) (index, n int, ok bool) {
	missing := w.Err != nil && errors.Is(w.Err, session.ErrNotFound)
	switch {
	case w.Op == session.OpLoad && missing:
		return 1, 1, true
	case w.Op == session.OpSave && missing:
		return 5, 1, true
	case w.Op == session.OpSave && w.Err != nil && errors.Is(w.Err, session.ErrConflict):
		return 4, 1, true
	case w.Op == session.OpClear:
		return 7, w.N, w.N > 0 // also together with an error
	case w.Err != nil || w.Op < 0 || w.Op > session.OpClear:
		return 0, 0, false
	}
	return wentWell[w.Op], 1, true
}

// wentWell has the index of what became of a record if nothing stood in the way.
var wentWell = [...]int{session.OpLoad: 0, session.OpCreate: 2, session.OpSave: 3, session.OpDelete: 6}

// The labels "result" and "method" of logins.
var (
	LoginResults = [...]string{"ok", "failed", "limited", "unavailable"}
	LoginMethods = [...]string{"password", "other"}
)

// Login returns the indexes of a login, or false for other events.
func Login(e auth.Event) (result, method int, ok bool) {
	switch {
	case e.Kind == auth.EventLogin:
	case e.Kind == auth.EventLoginFailed:
		result = 1
	case e.Kind == auth.EventLimited && e.Purpose == Purposes[0]:
		return 2, 0, true
	case e.Kind == auth.EventLoginUnavailable:
		result = 3
	default:
		return 0, 0, false
	}
	if e.Method != LoginMethods[0] {
		method = 1
	}
	return result, method, true
}

// The labels "purpose" and "bucket" of refused attempts, and "reason" of refused requests. Each
// ends with one for all others.
var (
	Purposes = [...]string{"login", "sign-up", "password reset", "other"}
	Buckets  = [...]string{"source", "account", "device", "device source", "mailbox", "other"}
	Reasons  = [...]string{"origin", "referer", "cookie", "token", "size", "other"}
)

// Kinds are the labels "event" of security events.
var Kinds = [...]auth.EventKind{
	auth.EventLogin, auth.EventLoginFailed, auth.EventLoginUnavailable, auth.EventLogout, auth.EventLimited,
	auth.EventSignedUp, auth.EventPasswordChanged, auth.EventPasswordReset, auth.EventPasswordSet,
	auth.EventPasswordWrong, auth.EventEnded, auth.EventDenied, auth.EventCSRFFailed,
	auth.EventDeviceStarted, auth.EventDeviceAdopted, auth.EventDeviceEnded, auth.EventDeviceLimited,
	auth.EventConsoleLooked, auth.EventConsoleEnded, auth.EventConsoleLifted,
	"other",
}

// IndexOf returns where a label is among those that there are, the last of which stands for
// all others.
func IndexOf[T comparable](labels []T, label T) int {
	if i := slices.Index(labels, label); i >= 0 {
		return i
	}
	return len(labels) - 1
}
