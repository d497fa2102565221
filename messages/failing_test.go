package messages_test

import (
	"context"
	"errors"

	"github.com/jamsession/jamsession/session"
)

// failing is a store that cannot be asked.
type failing struct{ session.Store }

func (failing) Load(context.Context, string) (session.Record, error) {
	return session.Record{}, errors.New("connection refused")
}
