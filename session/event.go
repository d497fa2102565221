package session

import "context"

// An EventKind says what happened to a session.
type EventKind int

// The kinds of [Event].
const (
	EventCreated     EventKind = iota + 1 // a record was created
	EventLoaded                           // a record was loaded for a request
	EventSaved                            // a record was saved
	EventConflict                         // a save met a record changed by another request
	EventReplayed                         // a save succeeded after N replays
	EventInterrupted                      // a save met a record deleted by another request
	EventDeleted                          // a record was deleted by Flush or Manager.Delete
	EventCleared                          // ClearExpired removed N records
)

var eventNames = [...]string{
	"unknown", "created", "loaded", "saved", "conflict", "replayed",
	"interrupted", "deleted", "cleared",
}

// String returns the kind in lower case, fit for the name of a metric.
func (k EventKind) String() string {
	if k < 0 || int(k) >= len(eventNames) {
		return eventNames[0]
	}
	return eventNames[k]
}

// An Event is given to [Options].Observe, for audit logs and metrics. It
// never holds the key of a session.
type Event struct {
	Kind        EventKind
	Fingerprint string // of the session's key; see [Fingerprint]
	N           int    // EventReplayed: how often; EventCleared: how many
}

// observe tells Options.Observe, if there is one.
func (m *Manager) observe(ctx context.Context, kind EventKind, storeKey string, n int) {
	if m.opts.Observe == nil {
		return
	}
	e := Event{Kind: kind, N: n}
	if storeKey != "" {
		e.Fingerprint = Fingerprint(storeKey)
	}
	m.opts.Observe(ctx, e)
}
