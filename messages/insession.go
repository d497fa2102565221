package messages

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"slices"

	"github.com/jamsession/jamsession/internal/authsession"
	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/session"
)

// The items of a session. The messages are in Django's form: JSON in a text.
// That has no place for what tells apart two messages in the same words, so
// their IDs are in an item of their own, in the same order, while any wait.
const (
	sessionItem = session.Item[json.RawMessage](authsession.MessagesItem)
	idsItem     = session.Item[json.RawMessage](authsession.MessageIDsItem)
)

// A notice is a message that waits, with an ID by which requests that run at
// the same time agree on which one was shown.
type notice struct {
	Message

	id uint64
}

// newNotice gives a message its ID: a random one, since no request knows of
// the others. Those from 1<<52 on are chosen here; see decodeItems.
func newNotice(m Message) notice {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails: it ends the program instead
	return notice{m, 1<<52 | binary.BigEndian.Uint64(random[:])>>12}
}

// loadSession returns the messages in the session.
func (x *exchange) loadSession() []notice {
	s := session.From(x.req)
	x.inSession = decodeItems(sessionItem.Get(s, nil), idsItem.Get(s, nil))
	return x.inSession
}

// storeSession makes list the messages in the session, as far as this request
// knows them: it removes those that it knew and that are not in list, each of
// them once, and adds those that are new. What other requests add or remove
// meanwhile stays added, or removed.
func (x *exchange) storeSession(list []notice) {
	gone, added := without(x.inSession, list), without(list, x.inSession)
	if len(gone) == 0 && len(added) == 0 {
		return
	}
	x.inSession = slices.Clone(list)
	updateItems(session.From(x.req), func(stored []notice) []notice {
		return latest(append(without(stored, gone), added...))
	})
}

// without returns the notices of list that are not among others.
func without(list, others []notice) []notice {
	return slices.DeleteFunc(slices.Clone(list), func(n notice) bool { return slices.Contains(others, n) })
}

// updateItems replaces the messages in the session by what fn makes of them. A
// replay repeats the three steps, one after the other, on what another request
// has left.
func updateItems(s *session.Session, fn func([]notice) []notice) {
	none := json.RawMessage("null")
	var before json.RawMessage
	var after []uint64
	idsItem.UpdateOrDelete(s, none, func(raw json.RawMessage) (json.RawMessage, bool) {
		before = slices.Clone(raw)
		return raw, string(raw) != string(none)
	})
	sessionItem.UpdateOrDelete(s, none, func(raw json.RawMessage) (json.RawMessage, bool) {
		list := fn(decodeItems(raw, before))
		after = idsOf(list)
		return rawjson.AppendString(nil, string(inSession.encode(texts(list), false))), len(list) > 0
	})
	session.Item[any](idsItem).UpdateOrDelete(s, nil, func(any) (any, bool) { return after, len(after) > 0 })
}

// decodeItems reads both items, and passes over what cannot be read. A message
// that Django has added has no ID, and its place serves as one until it is
// written here.
func decodeItems(rawText, rawIDs json.RawMessage) []notice {
	var ids []uint64
	if json.Unmarshal(rawIDs, &ids) != nil {
		ids = nil
	}
	var list []notice
	for i, m := range decodeItem(rawText) {
		n := notice{m, uint64(i)} // not negative
		if i < len(ids) {
			n.id = ids[i]
		}
		list = append(list, n)
	}
	return list
}

func decodeItem(raw json.RawMessage) []Message {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return nil
	}
	list, _, err := decode([]byte(text))
	if err != nil {
		return nil
	}
	return list
}

// notices gives messages their IDs.
func notices(list []Message) []notice {
	var all []notice
	for _, m := range list {
		all = append(all, newNotice(m))
	}
	return all
}

func idsOf(list []notice) []uint64 {
	ids := make([]uint64, len(list))
	for i, n := range list {
		ids[i] = n.id
	}
	return ids
}

// texts returns the messages without their IDs.
func texts(list []notice) []Message {
	var all []Message
	for _, n := range list {
		all = append(all, n.Message)
	}
	return all
}
