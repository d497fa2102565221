package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"

	"github.com/jamsession/jamsession/internal/rawjson"
)

// A decoded is what a store in memory keeps: the items that one manager of this
// process found in data. It counts if the data is still the record's, and for
// that manager only: another may have another key and find the data forged. A million
// of them are kept, so it is small.
type decoded struct {
	items rawjson.Parsed
	first *byte  // of the data
	size  uint32 // of the data
	by    uint32 // the number of the manager
}

// decodedOf returns what is kept beside a record if it counts, or nil.
func (m *Manager) decodedOf(rec Record, kept any) *decoded {
	d, _ := kept.(*decoded)
	if d == nil || d.by != m.number || len(rec.Data) == 0 ||
		len(rec.Data) != int(d.size) || &rec.Data[0] != d.first {
		return nil
	}
	return d
}

// Size returns about how many bytes d takes, see [Store].
func (d *decoded) Size() int { return 16 + d.items.Size() }

// Format implements [fmt.Formatter]: no verb prints an item.
func (d *decoded) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "decoded session") }

// decode returns the items of a record. Text that is not JSON is an empty session and a
// log line, as in Django: the visitor starts anew, and the next change overwrites it.
// The error is [ErrCorrupt], with the same line, if the codec does not know the data: they
// may be sound, and signed with a key that this process does not have yet.
func (m *Manager) decode(ctx context.Context, v version) (rawjson.Object, error) {
	if v.decoded != nil {
		return v.decoded.items.Object(), nil
	}
	items, err := m.parsed(v.Record)
	if !errors.Is(err, ErrCorrupt) {
		return items, err
	}
	m.opts.Logger.WarnContext(ctx, "session: data corrupted; the session is empty",
		slog.String("session", Fingerprint(v.Key)), slog.Any("error", err))
	if _, damaged := errors.AsType[*rawjson.SyntaxError](err); damaged {
		return rawjson.Object{}, nil
	}
	return rawjson.Object{}, err
}

// parsed returns the items in a record's data, and leaves them with the store.
func (m *Manager) parsed(rec Record) (rawjson.Object, error) {
	d, room := m.newDecoded(rec.Data, 8) // how many there are is not known yet
	if d == nil {
		return m.parse(rec)
	}
	text, err := m.text(rec)
	if err != nil {
		return rawjson.Object{}, err
	}
	if err := parseError(d.items.Parse(text, room)); err != nil {
		return rawjson.Object{}, err
	}
	m.memory.Remember(rec, d)
	return d.items.Object(), nil
}

// parse returns the items in a record's data.
func (m *Manager) parse(rec Record) (rawjson.Object, error) {
	text, err := m.text(rec)
	if err != nil {
		return rawjson.Object{}, err
	}
	items, err := rawjson.Parse(text)
	return items, parseError(err)
}

func (m *Manager) text(rec Record) ([]byte, error) {
	text, err := m.opts.Codec.Decode(rec.Data)
	if err != nil {
		return nil, fmt.Errorf("session: decode: %w", err)
	}
	return text, nil
}

// parseError says in this package's terms why a text was not parsed.
func parseError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, rawjson.ErrLimit):
		return fmt.Errorf("%w: %w", ErrTooLarge, err)
	default:
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
}

// A version is a record as it is stored, with what the store remembers of it.
type version struct {
	Record
	decoded *decoded // nil if nothing is known
}

// version returns the one that is stored under a key.
func (m *Manager) version(ctx context.Context, storeKey string) (version, error) {
	rec, err := m.loadRecord(ctx, storeKey)
	if err != nil || m.memory == nil {
		return version{Record: rec}, err
	}
	return version{rec, m.decodedOf(rec, m.memory.Recall(rec))}, nil
}

// remember leaves with the store what a version was made from.
func (m *Manager) remember(v version) {
	if m.memory != nil && v.decoded != nil {
		m.memory.Remember(v.Record, v.decoded)
	}
}

// madeOf notes that data was encoded from text, and text written from items.
func (m *Manager) madeOf(items *rawjson.Object, text, data []byte) *decoded {
	d, room := m.newDecoded(data, items.Len())
	if d != nil {
		items.WriteParsed(&d.items, text, room)
	}
	return d
}

// newDecoded returns a decoded of data, or nil if nothing is kept, and room for the
// marks of n items. What a login leaves, three items, takes one small allocation.
func (m *Manager) newDecoded(data []byte, n int) (d *decoded, room []rawjson.Mark) {
	if m.memory == nil || m.number == 0 || len(data) == 0 || uint64(len(data)) > math.MaxUint32 {
		return nil, nil
	}
	switch {
	case n <= 3:
		few := new(struct {
			decoded
			room [3]rawjson.Mark
		})
		d, room = &few.decoded, few.room[:]
	case n <= 8:
		more := new(struct {
			decoded
			room [8]rawjson.Mark
		})
		d, room = &more.decoded, more.room[:]
	default:
		d = new(decoded)
	}
	d.first, d.size, d.by = &data[0], uint32(len(data)), m.number
	return d, room
}
