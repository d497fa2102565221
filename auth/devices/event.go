package devices

// An EventKind is the kind of an [Event], in a word that is fit for the name of a metric.
type EventKind string

// The kinds of [Event].
const (
	EventStarted EventKind = "started" // a user has logged in
	EventAdopted EventKind = "adopted" // a login that was made elsewhere came here for the first time
	EventEnded   EventKind = "ended"   // a login was ended
	EventLimited EventKind = "limited" // a login had no room: it was refused, or has ended another
)

// An Event is given to Options.OnEvent.
type Event struct {
	Kind     EventKind
	UserID   string
	DeviceID string // "" for a login that was refused, and for the end of all users' devices
}

func (d *Devices) tell(kind EventKind, userID, id string) {
	if d.opts.OnEvent != nil {
		d.opts.OnEvent(Event{kind, userID, id})
	}
}
