package devices

import (
	"context"

	"github.com/jamsession/jamsession/internal/devicekeeper"
)

var _ devicekeeper.SessionFinder = (*keeper)(nil)

// SessionOf implements devicekeeper.SessionFinder.
func (k *keeper) SessionOf(ctx context.Context, userID, id string) (key string, err error) {
	ctx, cancel := k.d.limit(ctx)
	defer cancel()
	r, ok, err := k.d.find(ctx, userID, id)
	switch {
	case err != nil:
		return "", wrap(ctx, "look", err)
	case !ok:
		return "", ErrNoDevice
	}
	key, _ = k.d.keys.openKey(id, r.seal)
	return key, nil
}
