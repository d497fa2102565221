package sessiontest

import (
	"time"

	"github.com/jamsession/jamsession/session"
)

// saveCases try Save under one key.
var saveCases = []contractCase{
	{
		"Save",
		"Save replaces old by new if what is stored under old.Key is still old.",
		func(x *trial) {
			old := x.created(`{"a":1}`)
			changed := with(old, `{"a":1,"b":2}`)
			changed.Expiry = in(2 * time.Hour)
			x.want("Save", x.store.Save(x.ctx, old, changed), nil)
			x.holds(changed)
		},
	},
	{
		"SaveOfLoaded",
		"A loaded record is what Save compares with.",
		func(x *trial) {
			old, err := x.store.Load(x.ctx, x.created(`{"a":1}`).Key)
			x.want("Load", err, nil)
			for _, data := range []string{`{"a":2}`, `{"a":3}`, `{}`} {
				changed := with(old, data)
				changed.Expiry = in(time.Hour) // that of a loaded record may be unknown
				x.want("Save", x.store.Save(x.ctx, old, changed), nil)
				old = changed
				x.holds(old)
			}
		},
	},
	{
		"SaveWithoutChange",
		"A save that changes nothing is neither a conflict nor a loss.",
		func(x *trial) {
			rec := x.created(`{"a":1}`)
			x.want("Save", x.store.Save(x.ctx, rec, rec), nil)
			x.want("Save", x.store.Save(x.ctx, rec, rec), nil)
			x.holds(rec)
		},
	},
	{
		"SaveOfExpiryOnly",
		"Save keeps the new Expiry, also if Data stays the same.",
		func(x *trial) {
			rec := x.created(`{"a":1}`)
			later := rec
			later.Expiry = in(3 * time.Hour)
			x.want("Save", x.store.Save(x.ctx, rec, later), nil)
			x.holds(later)
			gone := expired(later)
			x.want("Save", x.store.Save(x.ctx, later, gone), nil)
			x.lacks(rec.Key)
		},
	},
	{
		"SaveOfChanged",
		"Save must return ErrConflict, and change nothing, if the stored Data is not old.Data.",
		func(x *trial) {
			old := x.created(`{"a":1}`)
			changed := with(old, `{"a":2}`)
			x.want("Save", x.store.Save(x.ctx, old, changed), nil)
			x.want("Save", x.store.Save(x.ctx, old, with(old, `{"a":3}`)), session.ErrConflict)
			x.holds(changed)
		},
	},
	{
		"SaveOfNothing",
		"Save must return ErrNotFound, and never create a record, if there is none.",
		func(x *trial) {
			rec := x.record(`{"a":1}`)
			x.want("Save", x.store.Save(x.ctx, rec, with(rec, `{"a":2}`)), session.ErrNotFound)
			x.lacks(rec.Key)
		},
	},
	{
		"SaveOfDeleted",
		"Save must not bring a deleted record back.",
		func(x *trial) {
			rec := x.created(`{"a":1}`)
			x.want("Delete", x.store.Delete(x.ctx, rec.Key), nil)
			x.want("Save", x.store.Save(x.ctx, rec, with(rec, `{"a":2}`)), session.ErrNotFound)
			x.lacks(rec.Key)
			x.want("Save", x.store.Save(x.ctx, rec, rec), session.ErrNotFound)
			x.lacks(rec.Key)
		},
	},
	{
		"SaveOfExpired",
		"Save must return ErrNotFound if the record has expired.",
		func(x *trial) {
			rec := x.created(`{"a":1}`)
			gone := expired(rec)
			x.want("Save", x.store.Save(x.ctx, rec, gone), nil)
			x.want("Save", x.store.Save(x.ctx, gone, rec), session.ErrNotFound)
			x.lacks(rec.Key)
		},
	},
}

// moveCases try Save from one key to another.
var moveCases = []contractCase{
	{
		"Move",
		"If new.Key differs, new.Key holds the record afterwards and old.Key is gone.",
		func(x *trial) {
			old, other := x.created(`{"a":1}`), x.created(`{"b":2}`)
			new := moved(with(old, `{"a":2}`))
			x.want("Save", x.store.Save(x.ctx, old, new), nil)
			x.holds(new)
			x.lacks(old.Key)
			x.holds(other)
			x.want("Save", x.store.Save(x.ctx, old, with(old, `{"a":3}`)), session.ErrNotFound)
			x.lacks(old.Key)
		},
	},
	{
		"MoveBack",
		"A record can move back to a key that it had, and is then what it was there.",
		func(x *trial) {
			first := x.created(`{"a":1}`)
			second := moved(with(first, `{"a":2}`))
			x.want("Save", x.store.Save(x.ctx, first, second), nil)
			x.want("Save back", x.store.Save(x.ctx, second, first), nil)
			x.holds(first)
			x.lacks(second.Key)
			x.want("Save", x.store.Save(x.ctx, second, with(second, `{"a":3}`)), session.ErrNotFound)
			x.want("Save", x.store.Save(x.ctx, first, with(first, `{"a":4}`)), nil)
			x.want("Delete", x.store.Delete(x.ctx, first.Key), nil)
			x.lacks(first.Key)
		},
	},
	{
		"MoveOfChanged",
		"A move that meets other Data must return ErrConflict and change nothing.",
		func(x *trial) {
			old := x.created(`{"a":1}`)
			changed := with(old, `{"a":2}`)
			x.want("Save", x.store.Save(x.ctx, old, changed), nil)
			new := moved(old)
			x.want("Save", x.store.Save(x.ctx, old, new), session.ErrConflict)
			x.holds(changed)
			x.lacks(new.Key)
		},
	},
	{
		"MoveOfNothing",
		"A move must return ErrNotFound, and never create a record, if there is none.",
		func(x *trial) {
			old := x.record(`{"a":1}`)
			new := moved(old)
			x.want("Save", x.store.Save(x.ctx, old, new), session.ErrNotFound)
			x.lacks(old.Key)
			x.lacks(new.Key)
		},
	},
	{
		"MoveToTaken",
		"A move must return ErrExists, and change nothing, if new.Key is taken.",
		func(x *trial) {
			old, taken := x.created(`{"a":1}`), x.created(`{"b":2}`)
			new := with(taken, `{"a":2}`)
			x.want("Save", x.store.Save(x.ctx, old, new), session.ErrExists)
			x.holds(old)
			x.holds(taken)
		},
	},
}
