package session

import (
	"log/slog"
	"reflect"

	"github.com/jamsession/jamsession/internal/rawjson"
)

// An update is a call of [Item.Update] or [Item.UpdateOrDelete], to be made
// again in a replay.
type update[T any] struct {
	name    string
	def     T
	initial []byte // def, encoded: fn may write into maps and slices
	defErr  error
	value   T // what fn is called with
	result  T

	logger *slog.Logger // nil if it was told that the item is not a T

	fn         func(T) T
	fnOrDelete func(T) (T, bool) // if fn is nil
}

func makeUpdate[T any](s *Session, u *update[T]) T {
	u.result = u.def
	if !isImmutable[T]() {
		u.initial, u.defErr = encodeItem(u.name, u.def)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u.logger = s.m.opts.Logger
	s.apply(change{do: u})
	return u.result
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

// get finds the value to call fn with. If an item is not a T, another version of the
// program has written it, and to fail would close the page to its visitor for good.
func (u *update[T]) get(items *rawjson.Object) error {
	var none T
	u.value = none
	if raw, ok := items.Get(u.name); ok {
		err := decodeItem(u.name, raw, &u.value)
		if err == nil {
			return nil
		}
		u.value = none
		u.warn(err)
	}
	switch {
	case u.defErr != nil:
		return u.defErr
	case u.initial == nil: // nobody can write into def
		u.value = u.def
		return nil
	default:
		return decodeItem(u.name, u.initial, &u.value)
	}
}

func (u *update[T]) warn(err error) {
	if u.logger != nil {
		u.logger.Warn("session: item has another type; it starts anew", slog.Any("error", err))
		u.logger = nil
	}
}

// isImmutable reports whether a T is a number, a text or a boolean.
func isImmutable[T any]() bool {
	t := reflect.TypeFor[T]()
	basic := t.Kind() >= reflect.Bool && t.Kind() <= reflect.Float64 || t.Kind() == reflect.String
	return basic && t.PkgPath() == "" // other types may have JSON of their own
}
