package django

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/jamsession/jamsession/internal/msgpack"
	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/session"
)

// encodeMsgpack writes the items, each as it stands in old if it says the same there.
func encodeMsgpack(old []msgpack.Item, items []byte) ([]byte, error) {
	object, err := rawjson.Parse(items)
	if err != nil {
		return nil, fmt.Errorf("django: msgpack: %w", err)
	}
	raw := make(map[string][]byte, len(old))
	for _, item := range old {
		raw[item.Name] = item.Raw
	}
	data := msgpack.AppendMap(nil, object.Len())
	for name, text := range object.All() {
		data, err = msgpack.AppendText(data, name)
		if err == nil {
			data, err = appendMsgpack(data, raw[name], text)
		}
		if err != nil {
			return nil, ofMsgpack(name, err)
		}
	}
	return data, nil
}

// appendMsgpack appends an item that was raw, nil for one that was not there.
func appendMsgpack(data, raw, text []byte) ([]byte, error) {
	if raw != nil {
		was, err := msgpack.AppendJSON(nil, raw)
		if err != nil {
			return nil, err
		}
		if bytes.Equal(was, text) {
			return append(data, raw...), nil
		}
	}
	return msgpack.Append(data, text)
}

// encodeMsgpackOver is EncodeOver for old data that is msgpack.
func encodeMsgpackOver(old, items []byte) ([]byte, error) {
	m, err := loadMap(old)
	if err != nil && !errors.Is(err, session.ErrCorrupt) {
		return nil, err
	}
	return encodeMsgpack(m.Items, items)
}

func decodeMsgpack(data []byte) ([]byte, error) {
	m, err := loadMap(data)
	if err != nil {
		return nil, err
	}
	text := make([]byte, 1, 2*len(data))
	text[0] = '{'
	for i, item := range m.Items {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(rawjson.AppendString(text, item.Name), ':')
		if text, err = msgpack.AppendJSON(text, item.Raw); err != nil {
			return nil, ofMsgpack(item.Name, err)
		}
	}
	return append(text, '}'), nil
}

func loadMap(data []byte) (msgpack.Map, error) {
	m, err := msgpack.Parse(data)
	switch {
	case errors.Is(err, msgpack.ErrMalformed):
		return m, fmt.Errorf("%w: %w", session.ErrCorrupt, err)
	case err != nil:
		return m, fmt.Errorf("django: %w", tooLong(err))
	}
	return m, nil
}

func ofMsgpack(name string, err error) error {
	return fmt.Errorf("django: msgpack: item %.100q: %w", name, tooLong(err))
}

// tooLong says in session's terms what is beyond the limits, and what is damaged.
func tooLong(err error) error {
	switch {
	case errors.Is(err, msgpack.ErrLimit):
		return fmt.Errorf("%w: %w", session.ErrTooLarge, err)
	case errors.Is(err, msgpack.ErrMalformed):
		return fmt.Errorf("%w: %w", session.ErrCorrupt, err)
	}
	return err
}
