package sessiontest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jamsession/jamsession/session"
)

// recordCases try Load, Create, Delete, ClearExpired and List.
var recordCases = []contractCase{
	{
		"LoadOfNothing",
		"Load must return ErrNotFound if there is none.",
		func(x *trial) { x.lacks(newKey()) },
	},
	{
		"CreateThenLoad",
		"Load returns the record that is stored under key.",
		func(x *trial) {
			a, b := x.created(`{"a":1}`), x.created(`{"b":2}`)
			x.holds(a)
			x.holds(b)
		},
	},
	{
		"DataIsKeptByteForByte",
		"Stores keep a record as it is and do not look inside.",
		func(x *trial) {
			var printable []byte
			for c := byte(' '); c < 0x7f; c++ {
				printable = append(printable, c)
			}
			x.holds(x.created(string(printable)))
			x.holds(x.created("{}"))
			x.holds(x.created(" trailing space "))
			x.holds(x.created(`{"big":"` + strings.Repeat("x", 300_000) + `"}`))
		},
	},
	{
		"TextIsKept",
		"Every store keeps ASCII without NUL as Data.",
		func(x *trial) {
			var text []byte
			for c := byte(1); c < 0x80; c++ {
				text = append(text, c)
			}
			rec := x.created(string(text))
			x.holds(rec)
			changed := with(rec, string(text[:0x7e])+" ")
			x.want("Save", x.store.Save(x.ctx, rec, changed), nil)
			x.holds(changed)
			x.want("Save over other data", x.store.Save(x.ctx, rec, rec), session.ErrConflict)
		},
	},
	{
		"BytesAreKept",
		"A store whose KeepsBytes is true keeps any bytes as Data.",
		tryBytes,
	},
	{
		"ExpiryIsKept",
		"The record is gone from its Expiry on, and not before.",
		func(x *trial) {
			for _, d := range []time.Duration{time.Minute, 24 * time.Hour, 400 * 24 * time.Hour} {
				rec := x.record(`{"a":1}`)
				rec.Expiry = in(d)
				x.want("Create", x.store.Create(x.ctx, rec), nil)
				x.holds(rec)
			}
		},
	},
	{
		"LoadOfExpired",
		"Load must return ErrNotFound if the record's Expiry is not after now.",
		func(x *trial) {
			rec := expired(x.record(`{"a":1}`))
			x.want("Create", x.store.Create(x.ctx, rec), nil)
			x.lacks(rec.Key)
		},
	},
	{
		"CreateOfTaken",
		"Create must return ErrExists, and change nothing, if a record that has not expired has the key.",
		func(x *trial) {
			rec := x.created(`{"a":1}`)
			x.want("Create", x.store.Create(x.ctx, with(rec, `{"b":2}`)), session.ErrExists)
			x.holds(rec)
		},
	},
	{
		"KeysAreComparedByteForByte",
		"Load returns the record that is stored under key, and no other.",
		func(x *trial) {
			rec := x.created(`{"a":1}`)
			for _, other := range []string{
				strings.ToUpper(rec.Key), rec.Key + " ", " " + rec.Key, rec.Key[:31],
				rec.Key + "\x00", rec.Key[:31] + "%", rec.Key[:31] + "_", rec.Key[:31] + "*",
			} {
				x.lacks(other)
				x.want("Delete", x.store.Delete(x.ctx, other), session.ErrNotFound)
			}
			x.holds(rec)
		},
	},
	{
		"Delete",
		"Delete removes the record.",
		func(x *trial) {
			rec, other := x.created(`{"a":1}`), x.created(`{"b":2}`)
			x.want("Delete", x.store.Delete(x.ctx, rec.Key), nil)
			x.lacks(rec.Key)
			x.holds(other)
		},
	},
	{
		"DeleteOfNothing",
		"Delete must return ErrNotFound if there is none.",
		func(x *trial) {
			x.want("Delete", x.store.Delete(x.ctx, newKey()), session.ErrNotFound)
			rec := x.created(`{"a":1}`)
			x.want("Delete", x.store.Delete(x.ctx, rec.Key), nil)
			x.want("Delete of what was deleted", x.store.Delete(x.ctx, rec.Key), session.ErrNotFound)
		},
	},
	{
		"DeleteOfMoved",
		"Delete must return ErrNotFound if the record has another key by now.",
		func(x *trial) {
			old := x.created(`{"a":1}`)
			new := moved(old)
			x.want("Save", x.store.Save(x.ctx, old, new), nil)
			x.want("Delete of the old key", x.store.Delete(x.ctx, old.Key), session.ErrNotFound)
			x.holds(new)
		},
	},
	{
		"DeleteOfExpired",
		"Delete must return ErrNotFound if the record's Expiry is not after now.",
		func(x *trial) {
			rec := x.created(`{"a":1}`)
			x.want("Save", x.store.Save(x.ctx, rec, expired(rec)), nil)
			x.want("Delete", x.store.Delete(x.ctx, rec.Key), session.ErrNotFound)
			x.lacks(rec.Key)
		},
	},
	{
		"DeleteOfChanged",
		"Delete removes the record, whatever its Data.",
		func(x *trial) {
			rec := x.created(`{"a":1}`)
			x.want("Save", x.store.Save(x.ctx, rec, with(rec, `{"b":2}`)), nil)
			x.want("Delete", x.store.Delete(x.ctx, rec.Key), nil)
			x.lacks(rec.Key)
		},
	},
	{
		"ClearExpired",
		"ClearExpired removes records whose Expiry is not after now and returns how many.",
		tryClearExpired,
	},
	{
		"DataIsImmutable",
		"Data is immutable once it has been handed over, in either direction.",
		func(x *trial) {
			old := x.created(`{"a":1}`)
			given := old.Data
			loaded, err := x.store.Load(x.ctx, old.Key)
			x.want("Load", err, nil)
			x.want("Save", x.store.Save(x.ctx, loaded, with(old, `{"b":2}`)), nil)
			x.want("Delete", x.store.Delete(x.ctx, old.Key), nil)
			x.created(`{"c":3}`)
			if !bytes.Equal(loaded.Data, []byte(`{"a":1}`)) || !bytes.Equal(given, loaded.Data) {
				x.failf("a later call wrote into data that had been handed over")
			}
		},
	},
	{
		"List",
		"List must yield every record that has not expired, in order of key, and stop when the loop breaks.",
		tryList,
	},
	{
		"Exist",
		"Exist must report for each key whether Load would find a record.",
		tryExist,
	},
}

func tryExist(x *trial) {
	s, ok := x.store.(interface {
		Exist(ctx context.Context, keys []string) ([]bool, error)
	})
	if !ok {
		return
	}
	var keys []string
	var want []bool
	add := func(key string, exists bool) { keys, want = append(keys, key), append(want, exists) }
	for range 11 { // an odd number, since many are asked for at once
		rec := x.created(`{"a":1}`)
		add(rec.Key, true)
		add(strings.ToUpper(rec.Key), false)
		add(newKey(), false)
	}
	gone := expired(x.record(`{"d":4}`))
	x.want("Create", x.store.Create(x.ctx, gone), nil)
	add(gone.Key, false)
	add("", false)
	for _, n := range []int{0, 1, len(keys)} {
		got, err := s.Exist(x.ctx, keys[:n])
		x.want("Exist", err, nil)
		if !slices.Equal(got, want[:n]) {
			x.failf("Exist: got %v, want %v", got, want[:n])
		}
	}
	done, cancel := context.WithCancel(x.ctx)
	cancel()
	_, err := s.Exist(done, keys)
	x.want("Exist after the end of its context", err, context.Canceled)
}

func tryBytes(x *trial) {
	if s, ok := x.store.(interface{ KeepsBytes() bool }); !ok || !s.KeepsBytes() {
		return
	}
	var all []byte
	for c := range 256 {
		all = append(all, byte(c))
	}
	for _, data := range []string{
		string(all), "\x00", "\x80\x04}\x94.", "a\x00b\xff\xfe", "J1", "\xc3(\r\n",
	} {
		rec := x.created(data)
		x.holds(rec)
		other := with(rec, data[:len(data)-1]+"\xfd")
		x.want("Save over other data", x.store.Save(x.ctx, other, rec), session.ErrConflict)
		x.want("Save", x.store.Save(x.ctx, rec, other), nil)
		x.holds(other)
	}
}

func tryClearExpired(x *trial) {
	live := x.created(`{"a":1}`)
	const dead = 7
	for range dead {
		rec := expired(x.record(`{"b":2}`))
		x.want("Create", x.store.Create(x.ctx, rec), nil)
	}
	n, err := x.store.ClearExpired(x.ctx, time.Now())
	x.want("ClearExpired", err, nil)
	if n != 0 && n != dead {
		x.failf("ClearExpired: got %d, want %d, or 0 if records vanish by themselves", n, dead)
	}
	x.holds(live)
	n, err = x.store.ClearExpired(x.ctx, time.Now())
	x.want("ClearExpired", err, nil)
	if n != 0 {
		x.failf("ClearExpired: removed %d records that had been removed before", n)
	}
}

func tryList(x *trial) {
	for _, err := range session.List(x.ctx, x.store) {
		if errors.Is(err, errors.ErrUnsupported) {
			return
		}
	}
	want := []session.Record{x.created(`{"a":1}`), x.created(`{"b":2}`), x.created(`{"c":3}`)}
	gone := expired(x.record(`{"d":4}`))
	x.want("Create", x.store.Create(x.ctx, gone), nil)
	slices.SortFunc(want, func(a, b session.Record) int { return strings.Compare(a.Key, b.Key) })
	var got []session.Record
	for rec, err := range session.List(x.ctx, x.store) {
		x.want("List", err, nil)
		got = append(got, rec)
	}
	same := slices.EqualFunc(got, want, func(a, b session.Record) bool {
		return a.Key == b.Key && bytes.Equal(a.Data, b.Data)
	})
	if !same {
		x.failf("List: got %d records, not the 3 live ones in order of key", len(got))
	}
	for _, err := range session.List(x.ctx, x.store) {
		x.want("List", err, nil)
		break
	}
}
