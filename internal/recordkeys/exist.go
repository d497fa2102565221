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

// Exist asks a store for each key; one after another, if it is not an [Exister]. Together with an
// error it returns what it has found out about the first keys.
func Exist(ctx context.Context, store session.Store, keys []string) ([]bool, error) {
	if e, ok := store.(Exister); ok {
		found, err := e.Exist(ctx, keys)
		if err != nil {
			return nil, err // whatever it says beside
		}
		return found, nil
	}
	found := make([]bool, 0, len(keys))
	for _, key := range keys {
		_, err := store.Load(ctx, key)
		exists := err == nil || errors.Is(err, session.ErrTooLarge)
		if !exists && !errors.Is(err, session.ErrNotFound) {
			return found, err
		}
		found = append(found, exists)
	}
	return found, nil
}
