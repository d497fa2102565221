package devices

import (
	"context"

	"github.com/jamsession/jamsession/internal/devicekeeper"
	"github.com/jamsession/jamsession/secret"
)

var _ devicekeeper.SessionFinder = (*keeper)(nil)

// SessionOf implements devicekeeper.SessionFinder.
func (k *keeper) SessionOf(ctx context.Context, userID, id string) (key string, err error) {
	ctx, cancel := k.d.limit(ctx)
	defer cancel()
	r, ok, err := k.d.rows.find(ctx, userID, id, secret.Text{})
	switch {
	case err != nil:
		return "", wrap(ctx, "look", err)
	case !ok:
		return "", ErrNoDevice
	}
	key, _ = k.d.rows.key(r)
	return key, nil
}
