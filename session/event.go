package session

// An EventKind is the kind of an [Event], in a word that is fit for the
// name of a metric.
type EventKind string

// The kinds of [Event].
const (
	EventCreated     EventKind = "created"     // a record was created
	EventLoaded      EventKind = "loaded"      // a record was loaded for a request
	EventSaved       EventKind = "saved"       // a record was saved
	EventConflict    EventKind = "conflict"    // a save met a record changed by another request
	EventReplayed    EventKind = "replayed"    // a save succeeded after N replays
	EventInterrupted EventKind = "interrupted" // a save met a record deleted by another request
	EventDeleted     EventKind = "deleted"     // a record was deleted by Flush or Manager.Delete
	EventCleared     EventKind = "cleared"     // ClearExpired removed N records
)

// An Event is given to [Options].Observe, for audit logs and metrics. It
// never holds the key of a session.
type Event struct {
	Kind        EventKind
	Fingerprint string // of the session's key; see [Fingerprint]
	N           int    // EventReplayed: how often; EventCleared: how many
}
