// Package authsession is what package auth does with a session, and other programs
// cannot: both steps are safe only for somebody who knows who the visitor is. Package
// session puts the functions here; each takes a *session.Session.
package authsession

// UserItem is the item that makes a session that of a user.
const UserItem = "_auth_user_id"

// MessagesItem and MessageIDsItem are the messages that wait for the visitor, which have
// something to say to the visitor whose session has ended, too.
const (
	MessagesItem   = "_messages"
	MessageIDsItem = "_messages_ids"
)

var (
	// StartAnew is for a login or an opened link, after which the session has another key:
	// if another request has moved or deleted the record meanwhile, the save stores the
	// items in a record of their own. It does not if the record, as it was last loaded or
	// saved, was that of a user, since a logout of theirs may have deleted it. If the
	// session was flushed first, the save succeeds even if the record is gone.
	StartAnew func(session any)

	// Discard is Flush for a session that is not valid any more, when nobody has asked
	// for a logout: it succeeds even if the record is gone by then, and the cookie stays,
	// since it may be that of a later login. What this request sets afterwards is not
	// stored then, except by a login.
	Discard func(session any)

	// Overtaken reports whether another request has moved or deleted the record of a session
	// that Discard gave up, so that what is set now must not be stored. Save the session first.
	Overtaken func(session any) bool
)
