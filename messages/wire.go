package messages

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"github.com/jamsession/jamsession/internal/rawjson"
)

const (
	// marker is the first element of each message.
	marker = "__json_message"

	// more stands behind the messages of a cookie if the session has others.
	more = "__messagesnotfinished__"

	// maxSize is how many bytes of JSON are read from a cookie or a session.
	maxSize = 1 << 20
)

// A form is how the JSON is written.
type form struct {
	separator string // behind each element
	bare      bool   // leaves out empty tags, as Django up to 3.2 does
}

// The two forms of Django 4.0 and newer. Older ones read them.
var (
	inCookie  = form{separator: ","}
	inSession = form{separator: ", "}
)

// encode returns the messages, and behind them the word that there are more.
func (f form) encode(list []Message, unfinished bool) []byte {
	text := []byte{'['}
	for i, m := range list {
		if i > 0 {
			text = append(text, f.separator...)
		}
		text = f.appendMessage(text, m)
	}
	if unfinished {
		if len(list) > 0 {
			text = append(text, f.separator...)
		}
		text = rawjson.AppendString(text, more)
	}
	return append(text, ']')
}

func (f form) appendMessage(text []byte, m Message) []byte {
	safe := "0"
	if m.Safe {
		safe = "1"
	}
	text = append(text, '[')
	text = rawjson.AppendString(text, marker)
	text = append(append(text, f.separator...), safe...)
	text = strconv.AppendInt(append(text, f.separator...), int64(m.Level), 10)
	text = rawjson.AppendString(append(text, f.separator...), m.Text)
	if m.ExtraTags != "" || !f.bare {
		text = rawjson.AppendString(append(text, f.separator...), m.ExtraTags)
	}
	return append(text, ']')
}

var errNoList = errors.New("messages: not a list of messages")

// decode reads what encode or Django has written, and skips what it does not
// know.
func decode(text []byte) (list []Message, unfinished bool, err error) {
	var elements []json.RawMessage
	if len(text) > maxSize || json.Unmarshal(text, &elements) != nil {
		return nil, false, errNoList
	}
	if n := len(elements); n > 0 && string(elements[n-1]) == strconv.Quote(more) {
		elements, unfinished = elements[:n-1], true
	}
	for _, element := range elements {
		if m, ok := decodeMessage(element); ok {
			list = append(list, m)
		}
	}
	return list, unfinished, nil
}

func decodeMessage(text []byte) (m Message, ok bool) {
	var fields []json.RawMessage
	if json.Unmarshal(text, &fields) != nil || len(fields) < 4 || len(fields) > 5 ||
		string(fields[0]) != strconv.Quote(marker) {
		return m, false
	}
	m.Safe = slices.Contains([]string{"1", "true"}, string(fields[1]))
	if json.Unmarshal(fields[2], &m.Level) != nil || json.Unmarshal(fields[3], &m.Text) != nil {
		return m, false
	}
	if len(fields) == 5 {
		_ = json.Unmarshal(fields[4], &m.ExtraTags) // null means none
	}
	return m, true
}
