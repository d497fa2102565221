package session

import (
	"errors"
	"fmt"
)

// The errors that a program sees, from [Load], [Session.Save], [Item.Lookup]
// and in an ErrorHandler. Test with errors.Is.
var (
	// ErrUnavailable: the store could not be reached, or could not save the session. The
	// visitor is unknown, and must not be treated as anonymous. The default ErrorHandler
	// answers 503.
	ErrUnavailable = errors.New("session: store is unavailable")

	// ErrInterrupted: the session was deleted, by a logout for example, or
	// its key was rotated, while this request was changing it. The change is
	// dropped and nothing is recreated. Flush leads to it, too, if the record
	// is gone. The default ErrorHandler answers 400, as Django does.
	ErrInterrupted = errors.New("session: deleted while this request was changing it")

	// ErrTooLate: the response has begun, so the cookie can no longer be sent, but the
	// session is new or needs a new key. Nothing is saved.
	ErrTooLate = errors.New("session: the response has begun, the cookie cannot be changed any more")

	// ErrRefused: the session is new, and Options.MayCreate refused it. Nothing is stored.
	ErrRefused = errors.New("session: not stored; there are too many new sessions")

	// ErrNoManager: the request did not pass through [Manager.Handler].
	ErrNoManager = errors.New("session: the request did not pass through Manager.Handler")

	// ErrNoItem: the session has no item of this name.
	ErrNoItem = errors.New("session: no such item")

	// ErrTooLarge: the session has more than 16 MiB or 100 000 items, or is nested deeper
	// than 64 levels; or the store cannot keep a record of this size, however often it is
	// asked; or, if the cookie is the record, the cookie would have more than 4096 bytes. It
	// is not loaded as an empty session, so that nothing is lost, and not saved.
	ErrTooLarge = errors.New("session: too large")

	// ErrType: an item cannot be turned into, or made of, the wanted type.
	ErrType = errors.New("session: item has another type")
)

func unavailable(doing string, err error) error {
	return fmt.Errorf("%w: %s: %w", ErrUnavailable, doing, err)
}

// storeError passes on what a store says of a record, and wraps all else.
func storeError(doing string, err error) error {
	if err == nil || errors.Is(err, ErrConflict) || errors.Is(err, ErrNotFound) ||
		errors.Is(err, ErrTooLarge) {
		return err
	}
	return unavailable(doing, err)
}
