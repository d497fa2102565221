// Package authsession is what package auth does with a session, and other programs
// cannot: the steps are safe only for somebody who knows who the visitor is. Package
// session puts the functions here; each takes a *session.Session.
package authsession

import (
	"context"
	"net/http"
	"time"
)

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

	// FlushUnasked is Flush for the session of a request that nobody has asked for yet, and
	// reports whether that is so. The store is not asked whether there is one: its answer to the
	// deletion says that.
	FlushUnasked func(r *http.Request) bool

	// LoginEnded is for a session that was flushed, and whose login has ended wherever its
	// record is: the logout succeeds even if that is gone by then.
	LoginEnded func(session any)

	// Overtaken reports whether another request has moved or deleted the record of a session
	// that Discard gave up, so that what is set now must not be stored. Save the session first.
	Overtaken func(session any) bool

	// SaveItem changes an item of text, which is empty if it is not there, saves the session,
	// and returns what the item is now. If the save fails, the change is taken back: what else
	// the request does goes on without it.
	SaveItem func(ctx context.Context, session any, name string, change func(string) string) (string, error)

	// Follow has f told of each save of the session from now on, in place of whoever was
	// told before, until the session is given up. Nil ends it.
	Follow func(session any, f Follower)

	// RecordOf returns the key under which the store has the session, and until when; "" if
	// it has none, or makes its keys itself, which are the records then.
	RecordOf func(session any) (key string, until time.Time)

	// ManagerOf returns the *session.Manager of a session.
	ManagerOf func(session any) any

	// Reread returns a session with the items that the store has under a key of RecordOf, to be
	// looked at only. Its error is session.ErrNotFound if there is no such record.
	Reread func(ctx context.Context, manager any, key string) (session any, err error)

	// HasPlainKeys reports whether the store has sessions under the keys that visitors have.
	HasPlainKeys func(session any) bool

	// HasBegun reports whether the response has left already, so that its header cannot
	// tell the visitor of another key.
	HasBegun func(session any) bool
)

// A Follower is told of the saves of a session, while that is locked: it must not ask the
// session.
type Follower interface {
	// Saving is called before the store is asked to keep a record until then. Before is until
	// when it has kept it so far, zero for a new one. After an error it is not asked.
	Saving(ctx context.Context, before, until time.Time) error

	// Saved is called when the store has done so, with what RecordOf returns.
	Saved(key string, until time.Time)
}
