package messages

import (
	"encoding/json"
	"slices"

	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/session"
)

// sessionItem is where the messages are in a session: JSON in a text.
const sessionItem = "_messages"

func (x *exchange) loadSession() []Message {
	s := session.From(x.req)
	if !s.Has(sessionItem) {
		return nil
	}
	x.hasItem = true
	x.inSession = decodeItem(session.Get[json.RawMessage](s, sessionItem, nil))
	return x.inSession
}

// storeSession makes list the messages in the session. What other requests
// add to it or take from it meanwhile stays added, or taken.
func (x *exchange) storeSession(list []Message) {
	if len(list) == 0 && !x.hasItem {
		return
	}
	known, list := x.inSession, slices.Clone(list)
	x.inSession, x.hasItem = list, len(list) > 0
	session.UpdateOrDelete(session.From(x.req), sessionItem, json.RawMessage("null"),
		func(raw json.RawMessage) (json.RawMessage, bool) {
			merged := merge(known, list, decodeItem(raw))
			if len(merged) == 0 {
				return nil, false
			}
			return rawjson.AppendString(nil, string(inSession.encode(merged, false))), true
		})
}

// merge returns what is to be kept if this request makes list of the known
// messages, and finds stored ones in the session.
func merge(known, list, stored []Message) []Message {
	last := added(known, list)
	if hasPrefix(stored, known) { // and what others have added
		list = slices.Concat(list[:len(list)-len(last)], stored[len(known):], last)
	} else { // another request has taken what is known
		list = slices.Concat(stored, last)
	}
	return list[max(0, len(list)-maxWaiting):]
}

// added returns what list has behind the known messages, or behind the last of
// them, if the first were dropped.
func added(known, list []Message) []Message {
	for i := range known {
		if rest := known[i:]; hasPrefix(list, rest) {
			return list[len(rest):]
		}
	}
	return list
}

func hasPrefix(list, prefix []Message) bool {
	return len(list) >= len(prefix) && slices.Equal(list[:len(prefix)], prefix)
}

// decodeItem reads the item of a session; what nobody can read is no message.
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
