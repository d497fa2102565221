package sessionmodel

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/session"
)

// A Column is a further column of a model, and what it gets: the value of an
// item, or of a function of all items.
type Column struct {
	Name, Item string
	Value      func(items map[string]json.RawMessage) any
}

// A filled is a column that each save fills.
type filled struct {
	Column
	djangodb.Field

	quoted, param string // as statements have them
}

// FillBy says which columns the saves fill, from the items that the codec finds
// in the data. It is an error if a column cannot be filled, or if one needs a
// value and is not named.
func (m *Model) FillBy(columns []Column, codec session.Codec) error {
	if len(columns) > 0 && codec == nil {
		return errors.New("the columns are filled from the items: the codec of the sessions is needed")
	}
	for _, c := range columns {
		f, err := m.fill(c)
		if err != nil {
			return err
		}
		m.filled = append(m.filled, f)
	}
	for _, f := range m.fields {
		if f.Required && !f.HasDefault && !m.knows(f.Name) {
			return fmt.Errorf("the column %s of table %s needs a value: say which item it gets",
				f.Name, m.name)
		}
	}
	m.codec = codec
	return nil
}

func (m *Model) fill(c Column) (f filled, err error) {
	field := m.field(c.Name)
	switch {
	case djangodb.CheckName(c.Name) != nil || field == nil:
		err = fmt.Errorf("table %s has no column %.64q", m.name, c.Name)
	case m.knows(c.Name):
		err = fmt.Errorf("the column %s has a value already", c.Name)
	case (c.Item == "") == (c.Value == nil):
		err = fmt.Errorf("the column %s needs the name of an item, or a function", c.Name)
	case !field.Known():
		err = fmt.Errorf("the column %s has the type %s; it can be an integer, a number, a boolean, a text, "+
			"a UUID, a time with its zone or an address", c.Name, field.Type)
	default:
		name := m.db.Dialect.Quote(field.Name)
		f = filled{c, *field, name, field.Param(m.db.Dialect)}
	}
	return f, err
}

// knows reports whether a column gets a value.
func (m *Model) knows(name string) bool {
	return slices.ContainsFunc(own, func(s string) bool { return strings.EqualFold(s, name) }) ||
		slices.ContainsFunc(m.filled, func(f filled) bool { return strings.EqualFold(f.Field.Name, name) })
}

// Filled returns how many columns each save fills.
func (m *Model) Filled() int { return len(m.filled) }

// Fills reports whether a save fills any column.
func (m *Model) Fills() bool { return m.Filled() > 0 }

// A Fill says what the further columns get.
type Fill int

// The kinds of Fill.
const (
	FillAll     Fill = iota // the values
	FillNothing             // what they get without a value
)

// Fill appends what the statements bind for the columns of a record with this
// data. A value that is missing, or that the column cannot hold, is NULL, or the
// empty text where a text must not be NULL, as in Django's models. So are all of
// them for data that cannot be read: a session is not lost for the sake of a
// column.
func (m *Model) Fill(args []any, data []byte, how Fill) ([]any, error) {
	if !m.Fills() {
		return args, nil
	}
	values := make([]any, len(m.filled))
	if how == FillAll {
		m.values(values, data)
	}
	for i, f := range m.filled {
		bound, err := m.bind(f, values[i])
		if err != nil {
			return nil, err
		}
		args = append(args, bound)
	}
	return args, nil
}

// values finds the value of each column.
func (m *Model) values(values []any, data []byte) {
	items := m.items(data)
	var texts map[string]json.RawMessage // for functions
	for i, f := range m.filled {
		if f.Value == nil {
			values[i] = valueOf(&items, f.Item)
			continue
		}
		if texts == nil {
			texts = items.Texts()
		}
		values[i] = f.Value(texts)
	}
}

const noUUID = "00000000-0000-0000-0000-000000000000"

// FillSample appends values for a row that is never kept: NULL, or else a zero.
func (m *Model) FillSample(args []any) []any {
	for _, f := range m.filled {
		var sample any
		for _, zero := range []any{"", json.Number("0"), noUUID, time.Unix(0, 0), "::"} {
			if bound, fits := f.Fit(m.db, zero); f.Required && fits {
				sample = bound
				break
			}
		}
		args = append(args, sample)
	}
	return args
}

func (m *Model) bind(f filled, value any) (any, error) {
	bound, fits := f.Fit(m.db, value)
	if fits {
		return bound, nil
	}
	if !f.Required {
		return nil, nil // NULL
	}
	if empty, fits := f.Fit(m.db, ""); fits {
		return empty, nil
	}
	from := "its function"
	if f.Item != "" {
		from = "the item " + f.Item
	}
	return nil, fmt.Errorf("the column %s takes no NULL, and %s has no value for it", f.Field.Name, from)
}

// items returns the items in some data, none if it cannot be read.
func (m *Model) items(data []byte) rawjson.Object {
	text, err := m.codec.Decode(data)
	if err != nil {
		return rawjson.Object{}
	}
	items, err := rawjson.Parse(text)
	if err != nil {
		return rawjson.Object{}
	}
	return items
}

// valueOf returns an item: a string, a bool, a json.Number, or nil for anything
// else.
func valueOf(items *rawjson.Object, name string) any {
	raw, ok := items.Get(name)
	if !ok || len(raw) == 0 {
		return nil
	}
	switch raw[0] {
	case '"':
		var text string
		if rawjson.DecodeValue(raw, &text) == nil {
			return text
		}
	case 't', 'f':
		return raw[0] == 't'
	case '{', '[', 'n':
	default:
		return json.Number(raw)
	}
	return nil
}
