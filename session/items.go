package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"

	"github.com/jamsession/jamsession/internal/rawjson"
)

// Get returns the item of this name, or def if there is none. An item that
// is not a T is def, too, and a warning is logged: use [Lookup] to tell.
func Get[T any](s *Session, name string, def T) T {
	v, err := Lookup[T](s, name)
	if err == nil {
		return v
	}
	if !errors.Is(err, ErrNoItem) {
		s.m.opts.Logger.Warn("session: item has another type; using the default",
			slog.String("item", name), slog.String("type", reflect.TypeFor[T]().String()))
	}
	return def
}

// Lookup returns the item of this name. Its error is [ErrNoItem] if there is
// none, and wraps [ErrType] if it is not a T. The rules are encoding/json's;
// beyond them, NaN and the infinities, which Python writes, are floats.
func Lookup[T any](s *Session, name string) (T, error) {
	var v T
	raw, ok := s.raw(name)
	if !ok {
		return v, ErrNoItem
	}
	if err := decodeItem(name, raw, &v); err != nil {
		var none T
		return none, err
	}
	return v, nil
}

// Update replaces the item of this name by fn of it, or by fn(def) if there
// is none, and returns the new value. It counts even if other requests
// update the same item: when the save meets their change, fn is called again
// with what they left. So fn must have no other effect, and must not use the
// session. If the item is not a T, the save fails with [ErrType] rather than
// lose what could not be read, and Update returns def.
func Update[T any](s *Session, name string, def T, fn func(T) T) T {
	return makeUpdate(s, &update[T]{name: name, def: def, fn: fn})
}

// UpdateOrDelete is [Update] with an fn that also says whether the item is to
// be kept; if not, it is removed. What fn returned is returned in any case.
// It serves items that others add to while they are being used up.
func UpdateOrDelete[T any](s *Session, name string, def T, fn func(T) (value T, keep bool)) T {
	return makeUpdate(s, &update[T]{name: name, def: def, fnOrDelete: fn})
}

func makeUpdate[T any](s *Session, u *update[T]) T {
	u.result = u.def
	if !isImmutable[T]() {
		u.initial, u.defErr = encodeItem(u.name, u.def)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apply(change{do: u})
	return u.result
}

// An update is a call of [Update] or [UpdateOrDelete], to be made again in a
// replay.
type update[T any] struct {
	name    string
	def     T
	initial []byte // def, encoded: fn may write into maps and slices
	defErr  error
	value   T // what fn is called with
	result  T

	fn         func(T) T
	fnOrDelete func(T) (T, bool) // if fn is nil
}

func (u *update[T]) on(items *rawjson.Object) error {
	if err := u.get(items); err != nil {
		return err
	}
	v, keep := u.call()
	if !keep {
		items.Delete(u.name)
		u.result = v
		return nil
	}
	raw, err := encodeItem(u.name, v)
	if err != nil {
		return err
	}
	items.Set(u.name, raw)
	u.result = v
	return nil
}

func (u *update[T]) call() (v T, keep bool) {
	if u.fn != nil {
		return u.fn(u.value), true
	}
	return u.fnOrDelete(u.value)
}

// get finds the value to call fn with.
func (u *update[T]) get(items *rawjson.Object) error {
	var none T
	u.value = none
	raw, ok := items.Get(u.name)
	switch {
	case ok:
	case u.defErr != nil:
		return u.defErr
	case u.initial == nil: // nobody can write into def
		u.value = u.def
		return nil
	default:
		raw = u.initial
	}
	return decodeItem(u.name, raw, &u.value)
}

// isImmutable reports whether a T is a number, a text or a boolean.
func isImmutable[T any]() bool {
	t := reflect.TypeFor[T]()
	basic := t.Kind() >= reflect.Bool && t.Kind() <= reflect.Float64 || t.Kind() == reflect.String
	return basic && t.PkgPath() == "" // other types may have JSON of their own
}

// Pop removes the item of this name and returns it, or def if there is none.
// An item that is not a T is removed, too, and a warning is logged. Two requests
// that run at the same time may both get it.
func Pop[T any](s *Session, name string, def T) T {
	v := Get(s, name, def)
	s.Delete(name)
	return v
}

// SetDefault returns the item of this name if it is there, or else sets it to
// v and returns v.
func SetDefault[T any](s *Session, name string, v T) T {
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
	return Get(s, name, v)
}

func encodeItem[T any](name string, v T) ([]byte, error) {
	if raw, ok := rawjson.AppendBasic(nil, v); ok {
		return raw, nil
	}
	raw, err := rawjson.AppendValue(nil, v)
	if err != nil {
		return nil, cannotBeSet(name, err)
	}
	return raw, nil
}

func cannotBeSet(name string, err error) error {
	return fmt.Errorf("%w: item %q cannot be set: %w", ErrType, name, err)
}

// decodeItem decodes an item into v. An error names the item and its type, and does
// not show the value.
func decodeItem(name string, raw []byte, v any) error {
	err := rawjson.DecodeValue(raw, v)
	if err == nil {
		return nil
	}
	var field string
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && t.Field != "" {
		field = " (field " + t.Field + ")"
	}
	return fmt.Errorf("%w: item %q is not of type %s%s",
		ErrType, name, reflect.TypeOf(v).Elem(), field)
}

// An Item is the name of an item together with its type, so that one
// declaration serves all code that uses the item:
//
//	var cart = session.Item[[]Line]("cart")
type Item[T any] string

// Get is [Get] for this item.
func (i Item[T]) Get(s *Session, def T) T { return Get(s, string(i), def) }

// Lookup is [Lookup] for this item.
func (i Item[T]) Lookup(s *Session) (T, error) { return Lookup[T](s, string(i)) }

// Set is [Session.Set] for this item.
func (i Item[T]) Set(s *Session, v T) { s.Set(string(i), v) }

// Update is [Update] for this item.
func (i Item[T]) Update(s *Session, def T, fn func(T) T) T {
	return Update(s, string(i), def, fn)
}

// Pop is [Pop] for this item.
func (i Item[T]) Pop(s *Session, def T) T { return Pop(s, string(i), def) }

// Has is [Session.Has] for this item.
func (i Item[T]) Has(s *Session) bool { return s.Has(string(i)) }

// Delete is [Session.Delete] for this item.
func (i Item[T]) Delete(s *Session) { s.Delete(string(i)) }
