package redisstore

import (
	"context"
	"errors"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/internal/sharedload"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// newLoads returns how values are asked for together, by one MGET for those that wait at the
// same time. A cluster has them in several places, so that it has none.
func newLoads(client rueidis.Client) *sharedload.Loads[[]byte] {
	if client.Mode() == rueidis.ClientModeCluster {
		return nil
	}
	return &sharedload.Loads[[]byte]{
		One: func(ctx context.Context, name string) ([]byte, error) { return ask(ctx, client, name) },
		Many: func(ctx context.Context, names []string) (map[string][]byte, error) {
			return askMany(ctx, client, names)
		},
		Missing:  rueidis.Nil,
		Patience: timelimit.Default / 2, // what fails is asked for once more
	}
}

// get returns the value under a name. If it fails, [wires.getAlone] may succeed.
func (w wires) get(ctx context.Context, name string) ([]byte, error) {
	if w.loads == nil {
		return w.getAlone(ctx, name)
	}
	value, _, err := w.loads.Load(ctx, name)
	return value, err
}

// getAlone is get that shares no question, which may fail for another's sake.
func (w wires) getAlone(ctx context.Context, name string) ([]byte, error) {
	return ask(ctx, w.client, name)
}

// mayBeRepeated reports whether there is room and time to read once more after an error.
func mayBeRepeated(ctx context.Context, err error) bool {
	return !errors.Is(err, sharedload.ErrFull) && ctx.Err() == nil
}

func ask(ctx context.Context, client rueidis.Client, name string) ([]byte, error) {
	return client.Do(ctx, client.B().Get().Key(name).Build()).AsBytes()
}

// askMany returns what there is. MGET passes over what is not text.
func askMany(ctx context.Context, client rueidis.Client, names []string) (map[string][]byte, error) {
	values, err := client.Do(ctx, client.B().Mget().Key(names...).Build()).ToArray()
	if err != nil {
		return nil, err
	}
	found := make(map[string][]byte, len(names))
	for i, value := range values {
		if text, err := value.AsBytes(); err == nil {
			found[names[i]] = text
		}
	}
	return found, nil
}
