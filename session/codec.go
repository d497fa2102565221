package session

import "errors"

// A Codec turns the items of a session into the bytes that a [Store] keeps,
// and back. The items are the text of one JSON object, ASCII only, as
// Python's json module writes it. Implementations must be safe for concurrent
// use and must not change or keep what they are given.
//
// A Codec whose stored form can hold values that JSON has no word for, as
// Python's pickle can, has one more method:
//
//	// EncodeOver returns the stored form of items, which replaces old. An
//	// item whose text is what Decode made of it in old must keep the form it
//	// has in old. If something in old would be lost all the same, the error
//	// must name the item and its type. If old is damaged there is nothing to
//	// keep.
//	EncodeOver(old, items []byte) ([]byte, error)
type Codec interface {
	// Encode returns the stored form of items.
	Encode(items []byte) ([]byte, error)

	// Decode returns the items in data, which may be data itself. If data is
	// damaged, forged or foreign it must return an error that wraps
	// ErrCorrupt: the session is then empty, and one line is logged. Any
	// other error stops the request.
	Decode(data []byte) (items []byte, err error)

	// MakesText reports whether all that Encode returns is ASCII without NUL,
	// which every Store keeps. If not, only a Store that keeps bytes does.
	MakesText() bool
}

// ErrCorrupt is wrapped by the errors of [Codec.Decode] for data that no
// codec with these keys has written.
var ErrCorrupt = errors.New("session: data is corrupt or signed with another key")

// plain is the codec of a Manager without one: the items themselves.
type plain struct{}

func (plain) Encode(items []byte) ([]byte, error) { return items, nil }
func (plain) Decode(data []byte) ([]byte, error)  { return data, nil }
func (plain) MakesText() bool                     { return true }
