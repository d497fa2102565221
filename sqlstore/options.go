package sqlstore

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/jamsession/jamsession/internal/sessionmodel"
	"github.com/jamsession/jamsession/session"
)

// Options configure a store.
type Options struct {
	// Table is the table of the sessions, as db_table of Django's model has it, or with a
	// point between a schema and a table. Empty is django_session. [Migrate] makes no other
	// table: manage.py migrate of the Django site does.
	Table string

	// Columns are further columns of the table, which each save fills. They need the Codec.
	Columns []Column

	// Codec is that of session.Options, if there are Columns.
	Codec session.Codec

	// ClearBatch is how many rows ClearExpired deletes in one statement. Zero is
	// 1000 at first, and then more or fewer, 250 to 5000, so that a statement
	// takes 10 to 20 milliseconds.
	ClearBatch int

	// ClearPause is how long ClearExpired waits between two batches. Zero is 10
	// milliseconds; with a negative ClearPause it does not wait.
	ClearPause time.Duration
}

// A Column is a further column of a session model, as create_model_instance fills it in
// Django. It can have the type of Django's fields for integers, floats, booleans, texts,
// UUIDs, times with a zone, and addresses.
//
// Where there is no value, or one that the column cannot hold, it is NULL, or the empty
// text if a text must not be NULL. If the database refuses a value, since the row that it
// names is gone for example, or since it is unique and taken, all columns of the session are
// so. Only a column that must not be NULL, and has no value, makes a save fail.
type Column struct {
	Name string // of the column

	// Item is the name of the item whose value the column gets. A text with a number fits
	// a column of numbers: Django's own items have ids as texts.
	Item string

	// Value returns what the column gets, in place of an Item, from all items, which it must
	// not change. It returns nil, a text, a number, a bool, a time.Time, or what has a
	// method MarshalText. It is called by each save, also in parallel.
	Value func(items map[string]json.RawMessage) any
}

const clearPause = 10 * time.Millisecond

func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.ClearPause == 0 {
		c.ClearPause = clearPause
	}
	return c
}

// check names the field that is wrong.
func (o *Options) check() error {
	if o.ClearBatch < 0 {
		return fmt.Errorf("sqlstore: Options.ClearBatch is negative: %d", o.ClearBatch)
	}
	return nil
}

// columns returns what the model is to fill.
func (o *Options) columns() []sessionmodel.Column {
	var all []sessionmodel.Column
	for _, c := range o.Columns {
		all = append(all, sessionmodel.Column(c))
	}
	return all
}
