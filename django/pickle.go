package django

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/jamsession/jamsession/internal/cachevalue"
	"github.com/jamsession/jamsession/internal/pickle"
	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/session"
)

// Pickled returns the codec of Django's session engine cache: the pickled
// dict of the items, neither signed nor encrypted. Anyone who can write to the
// cache can log in as anybody, and can run code in Django, though not here: a
// pickle is read as data only.
//
// A pickle can hold what JSON cannot. In Go such an item looks like this:
//
//	tuple, set, frozenset            array
//	bytes, bytearray                 text: base64
//	datetime, date, time             text: Python's isoformat
//	timedelta                        number of seconds
//	key of a nested dict, not text   text, as json.dumps makes it
//
// An item that is not changed keeps its Python type. An item of another type,
// such as a Decimal or a model, cannot be read, and neither can its session:
// Decode returns an error that names the item and its type, and not
// [session.ErrCorrupt], so that the session is not lost. A datetime in a time
// zone without a fixed offset is such an item, too.
//
// A key that is not a text, such as the int 1, has no name in Go. Its item
// stays as it is, even when the session is cleared; only Flush ends it.
//
// The codec has EncodeOver, as [session.Codec] says. It makes bytes, so that the
// table of Django's engine db cannot keep it.
func Pickled() session.Codec { return pickled{} }

type pickled struct{}

var _ session.Codec = pickled{}

// Encode writes protocol 4, which every Django can load.
func (pickled) Encode(items []byte) ([]byte, error) { return encode(nil, items) }

// MakesText implements [session.Codec]: a pickle is bytes.
func (pickled) MakesText() bool { return false }

// EncodeOver implements [session.Codec].
func (pickled) EncodeOver(old, items []byte) ([]byte, error) {
	dict, err := loadDict(old)
	if errors.Is(err, session.ErrCorrupt) {
		return encode(nil, items)
	}
	if err != nil {
		return nil, err
	}
	return encode(dict, items)
}

// encode pickles the items, each as it is in old if it says the same there.
func encode(old *pickle.Dict, items []byte) ([]byte, error) {
	object, err := rawjson.Parse(items)
	if err != nil {
		return nil, fmt.Errorf("django: pickle: %w", err)
	}
	w := pickle.NewDict()
	for name, text := range object.All() {
		if err := errors.Join(w.Key(name), write(w, old, name, text)); err != nil {
			return nil, ofItem(name, err)
		}
	}
	if err := writeUnnamed(w, old); err != nil {
		return nil, fmt.Errorf("django: pickle: %w", tooLarge(err))
	}
	return w.Bytes(), nil
}

func write(w *pickle.Writer, old *pickle.Dict, name string, text []byte) error {
	if old == nil {
		return w.JSON(text)
	}
	if v, ok := old.Get(name); ok {
		was, err := pickle.AppendJSON(nil, v)
		if err != nil {
			return err
		}
		if bytes.Equal(was, text) {
			return w.Value(v)
		}
	}
	return w.JSON(text)
}

// writeUnnamed writes the items whose keys are not texts.
func writeUnnamed(w *pickle.Writer, old *pickle.Dict) error {
	if old == nil {
		return nil
	}
	for _, p := range old.Pairs {
		if _, named := p.Key.(string); named {
			continue
		}
		if err := errors.Join(w.Value(p.Key), w.Value(p.Value)); err != nil {
			return fmt.Errorf("item with a key of type %s: %w", pickle.TypeName(p.Key), err)
		}
	}
	return nil
}

// Decode implements [session.Codec].
func (pickled) Decode(data []byte) ([]byte, error) {
	dict, err := loadDict(data)
	if err != nil {
		return nil, err
	}
	text := make([]byte, 1, len(data)+len(data)/8+16) // a little more than plain items take
	text[0] = '{'
	for _, p := range dict.Pairs {
		name, ok := p.Key.(string)
		if !ok {
			continue
		}
		if len(text) > 1 {
			text = append(text, ',')
		}
		if text, err = appendItem(text, name, p.Value); err != nil {
			return nil, ofItem(name, err)
		}
	}
	return append(text, '}'), nil
}

func appendItem(text []byte, name string, v pickle.Value) ([]byte, error) {
	text, err := pickle.AppendJSON(text, name)
	if err != nil {
		return nil, err
	}
	return pickle.AppendJSON(append(text, ':'), v)
}

func ofItem(name string, err error) error {
	return fmt.Errorf("django: pickle: item %.100q: %w", name, tooLarge(err))
}

// tooLarge says in session's terms what is beyond the limits.
func tooLarge(err error) error {
	if errors.Is(err, pickle.ErrLimit) {
		return fmt.Errorf("%w: %w", session.ErrTooLarge, err)
	}
	return err
}

// loadDict reads a pickle whose root is a dict.
func loadDict(data []byte) (*pickle.Dict, error) {
	v, err := pickle.Loads(data)
	switch {
	case errors.Is(err, pickle.ErrLimit):
		return nil, tooLarge(err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", session.ErrCorrupt, err)
	}
	dict, ok := v.(*pickle.Dict)
	if !ok {
		return nil, fmt.Errorf("%w: the pickle holds a %.100s, not a dict",
			session.ErrCorrupt, pickle.TypeName(v))
	}
	return dict, nil
}

// Pickle returns the data: it is a pickle itself.
func (pickled) Pickle(data []byte) ([]byte, error) { return data, nil }

// CacheFormat implements [cachevalue.Formatted].
func (pickled) CacheFormat() cachevalue.Format { return cachevalue.Format{Django: true} }
