// Package recordkeys asks a store of sessions which of many records exist.
package recordkeys

import (
	"context"
	"errors"
	"fmt"

	"github.com/jamsession/jamsession/session"
)

// An Exister is a store that can be asked for many records at once.
type Exister interface {
	// Exist reports for each key whether Load would find a record.
	Exist(ctx context.Context, keys []string) ([]bool, error)
}

// A Partial is the error of [Exist] if it was found out of some keys only.
type Partial struct {
	unknown []bool // of each key
	error          // the first one
}

// Unwrap returns why it is not known of the others.
func (p Partial) Unwrap() error { return p.error }

// Exist asks a store for each key; one after another, if it is not an [Exister]. A record that
// cannot be loaded hides none of the others: the error is a [Partial] then.
func Exist(ctx context.Context, store session.Store, keys []string) ([]bool, error) {
	e, ok := store.(Exister)
	if !ok {
		return oneByOne(ctx, store, keys)
	}
	found, err := e.Exist(ctx, keys)
	if _, partial := errors.AsType[Partial](err); err != nil && !partial {
		return nil, err // whatever it says beside
	}
	if len(found) != len(keys) {
		return nil, fmt.Errorf("the store answers for %d of %d sessions", len(found), len(keys))
	}
	return found, err
}

// Known reports whether an answer counts that [Exist] has given together with an error.
func Known(err error, i int) bool {
	if err == nil {
		return true
	}
	p, ok := errors.AsType[Partial](err)
	return ok && !p.unknown[i]
}

func oneByOne(ctx context.Context, store session.Store, keys []string) ([]bool, error) {
	found, unknown := make([]bool, len(keys)), make([]bool, len(keys))
	var first error
	for i, key := range keys {
		exists, err := exists(ctx, store, key)
		found[i], unknown[i] = exists, err != nil
		if first == nil {
			first = err
		}
	}
	if first != nil {
		return found, Partial{unknown, first}
	}
	return found, nil
}

// exists asks for one key, if there is time left.
func exists(ctx context.Context, store session.Store, key string) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	_, err := store.Load(ctx, key)
	switch {
	case err == nil, errors.Is(err, session.ErrTooLarge):
		return true, nil
	case errors.Is(err, session.ErrNotFound):
		return false, nil
	}
	return false, err
}
