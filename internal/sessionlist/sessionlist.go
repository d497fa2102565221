// Package sessionlist lists the sessions of a store from any of them on.
package sessionlist

import (
	"context"
	"iter"

	"github.com/jamsession/jamsession/session"
)

// A Lister is a session.Store that can begin its list anywhere.
type Lister interface {
	// ListAfter is List without the records up to a key.
	ListAfter(ctx context.Context, key string) iter.Seq2[session.Record, error]
}

// After is session.List without the records up to a key. A store that is no Lister reads them
// all the same.
func After(ctx context.Context, store session.Store, key string) iter.Seq2[session.Record, error] {
	if l, ok := store.(Lister); ok {
		return l.ListAfter(ctx, key)
	}
	return func(yield func(session.Record, error) bool) {
		for rec, err := range session.List(ctx, store) {
			if err == nil && rec.Key <= key {
				continue
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}
