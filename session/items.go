package session

import (
	"errors"
	"log/slog"
	"reflect"

	"github.com/jamsession/jamsession/internal/rawjson"
)

// An Item is the name of an item together with its type, declared once for
// all code that uses it:
//
//	const cart = session.Item[[]Line]("cart")
type Item[T any] string

// Get returns the item, or def if there is none. An item that is not a T is
// def, too, and a warning is logged: use [Item.Lookup] to tell.
func (i Item[T]) Get(s *Session, def T) T {
	v, err := i.Lookup(s)
	if err == nil {
		return v
	}
	if !errors.Is(err, ErrNoItem) {
		s.m.opts.Logger.Warn("session: item has another type; using the default",
			slog.String("item", string(i)), slog.String("type", reflect.TypeFor[T]().String()))
	}
	return def
}

// Lookup returns the item. Its error is [ErrNoItem] if there is none, and wraps [ErrType]
// if it is not a T. The rules are those of encoding/json; in addition, NaN and the
// infinities, which Python writes, are floats.
func (i Item[T]) Lookup(s *Session) (T, error) {
	var v T
	raw, ok := s.raw(string(i))
	if !ok {
		return v, ErrNoItem
	}
	if err := decodeItem(string(i), raw, &v); err != nil {
		var none T
		return none, err
	}
	return v, nil
}

// Has is [Session.Has] for this item.
func (i Item[T]) Has(s *Session) bool { return s.Has(string(i)) }

// Set is [Session.Set] for this item.
func (i Item[T]) Set(s *Session, v T) { s.Set(string(i), v) }

// SetDefault returns the item if it is there, or else sets it to v and
// returns v.
func (i Item[T]) SetDefault(s *Session, v T) T {
	name := string(i)
	raw, err := encodeItem(name, v)
	s.mu.Lock()
	_, ok := s.items.Get(name)
	if !ok {
		s.apply(change{do: operation(func(items *rawjson.Object) error {
			if _, ok := items.Get(name); !ok && err == nil {
				items.Set(name, raw)
			}
			return err
		})})
	}
	s.mu.Unlock()
	return i.Get(s, v)
}

// Update replaces the item by fn of it, or by fn(def) if there is none, and returns the
// new value. It counts even if other requests update the same item: when the save finds
// their change, fn is called again with their value. So fn must not have other effects,
// and must not use the session. An item that is not a T is def, and a warning is logged.
//
// If a new version of the program changes the type of an item, give the new type an
// UnmarshalJSON that also reads the old form: that keeps the items of old sessions.
func (i Item[T]) Update(s *Session, def T, fn func(T) T) T {
	return makeUpdate(s, &update[T]{name: string(i), def: def, fn: fn})
}

// UpdateOrDelete is [Item.Update] with an fn that also reports whether to keep the item;
// if not, it is removed. The value that fn returned is returned in any case. It is for
// items that some requests add to and others use up.
func (i Item[T]) UpdateOrDelete(s *Session, def T, fn func(T) (value T, keep bool)) T {
	return makeUpdate(s, &update[T]{name: string(i), def: def, fnOrDelete: fn})
}

// Pop removes the item and returns it, or def if there is none. An item that is not a T
// is removed, too, and a warning is logged. Two concurrent requests may both get it.
func (i Item[T]) Pop(s *Session, def T) T {
	v := i.Get(s, def)
	i.Delete(s)
	return v
}

// Delete is [Session.Delete] for this item.
func (i Item[T]) Delete(s *Session) { s.Delete(string(i)) }
