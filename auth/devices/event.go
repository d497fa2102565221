package devices

import "github.com/jamsession/jamsession/internal/panics"

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

// tell calls Options.OnEvent. A panic there does not keep the rest of an end from being done.
func (d *Devices) tell(kind EventKind, userID, id string) {
	if d.opts.OnEvent != nil {
		panics.Guard(func() { d.opts.OnEvent(Event{kind, userID, id}) },
			panics.Log(d.opts.Logger, "devices: OnEvent panics"))()
	}
}
