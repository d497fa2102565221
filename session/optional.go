package session

import (
	"context"
	"errors"
	"iter"
)

// The methods that a [Store] or a [Codec] may have, whose comments say what they
// must do.
type (
	byteStore interface{ KeepsBytes() bool }

	codecStore interface{ Codec() Codec }

	sealer interface {
		Issued(key string) bool
		Seal(old, next Record, fresh bool) (Record, error)
	}

	rememberer interface {
		Remember(rec Record, decoded any)
		Recall(rec Record) (decoded any)
	}

	lister interface {
		List(ctx context.Context) iter.Seq2[Record, error]
	}

	preserver interface {
		EncodeOver(old, items []byte) ([]byte, error)
	}
)

// List yields every record of store that has not expired, in order of key, for
// consoles. It yields an error at most once, last: errors.ErrUnsupported if the
// store has no method List.
func List(ctx context.Context, store Store) iter.Seq2[Record, error] {
	if l, ok := store.(lister); ok {
		return l.List(ctx)
	}
	return func(yield func(Record, error) bool) {
		yield(Record{}, errors.ErrUnsupported)
	}
}
