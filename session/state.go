package session

// A state is where a request is with its session: one value, which the handler,
// the writer of the response and the session share. Outside of a request
// nothing is answered, and only the session has it. The lock of the session
// guards it. docs/architecture.md has the picture.
type state struct {
	record  recordState
	look    look
	pending pending
	answer  answer

	// sendKey: the record was saved in this request, so that the key, and how
	// long it lives, may have to be sent; newKey: under a key that the visitor does
	// not have.
	sendKey, newKey bool

	wasFound     bool // there was a record when the session was loaded
	gaveUp       bool // by Flush, or a record was deleted
	missed       bool // a record that was to be deleted was gone, perhaps to another key
	late         bool // a key was sent that a session has just given up
	mayStartAnew bool // see authsession.StartAnew
	over         bool // the request has ended

	// err is why the record is not known, or else the first change that could
	// not be made.
	err error
}

// hasNewKey reports whether the session is stored under a key that the visitor does
// not have.
func (s *state) hasNewKey() bool { return s.newKey && s.record == recordStored }

// A recordState is what is known of the session's record.
type recordState int

const (
	recordUnasked recordState = iota // the store was not asked
	recordUnknown                    // it could not be asked, or what it has cannot be read: see err
	recordNone                       // there is none: the session is new
	recordStored                     // there is one
	recordGone                       // there was one; a save found it deleted, or moved
)

// isStored reports whether the session has, or had, a record.
func (s *state) isStored() bool { return s.record >= recordStored }

// A look is what the handler has seen of the session, and so what the response
// may be made of.
type look int

const (
	lookNone  look = iota
	lookName       // the key or what names it, which is not an access to Django
	lookItems      // an item, or that there is none
)

// sees notes how much of the session the handler has seen.
func (s *state) sees(l look) { s.look = max(s.look, l) }

// A pending is what the next save has to do. (Django: modified.)
type pending int

const (
	pendingNothing  pending = iota
	pendingChanges          // store the items
	pendingRotation         // store them under a new key
)

// isModified reports whether there is something to save.
func (s *state) isModified() bool { return s.pending > pendingNothing }

// mustSave notes that there is something to save.
func (s *state) mustSave(p pending) {
	s.sees(lookItems)
	s.pending = max(s.pending, p)
}

// An answer is how far the response is.
type answer int

const (
	answerOpen     answer = iota // nothing has left: key and header can change
	answerBegun                  // the session was dealt with, and the header may have left
	answerBroken                 // the same, and the status is that of a server error: nothing is saved
	answerFailed                 // the ErrorHandler has answered; what the handler writes is dropped
	answerHijacked               // the connection is the handler's
)

// answerOf returns how far a response is whose header leaves with this status.
func answerOf(status int) answer {
	if status >= 500 {
		return answerBroken
	}
	return answerBegun
}
