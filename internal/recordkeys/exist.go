// Package recordkeys asks a store of sessions which of many records exist.
package recordkeys

import (
	"context"
	"errors"

	"github.com/jamsession/jamsession/session"
)

// An Exister is a store that can be asked for many records at once.
type Exister interface {
	// Exist reports for each key whether Load would find a record.
	Exist(ctx context.Context, keys []string) ([]bool, error)
}

// Exist asks a store for each key; one after another, if it is not an [Exister].
func Exist(ctx context.Context, store session.Store, keys []string) ([]bool, error) {
	if e, ok := store.(Exister); ok {
		return e.Exist(ctx, keys)
	}
	found := make([]bool, len(keys))
	for i, key := range keys {
		_, err := store.Load(ctx, key)
		if err != nil && !errors.Is(err, session.ErrNotFound) {
			return nil, err
		}
		found[i] = err == nil
	}
	return found, nil
}
