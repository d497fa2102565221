package redisstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/internal/sharedload"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// newLoads returns the loads of a client that was made here and has one connection to each
// server: those that wait at the same time are one MGET. In a cluster it returns nil, since the
// keys are on several servers. A client of the caller's may have several connections, of which
// a silent one would keep the places of all loads.
func newLoads(client rueidis.Client) *sharedload.Loads[[]byte] {
	if client.Mode() == rueidis.ClientModeCluster {
		return nil
	}
	return &sharedload.Loads[[]byte]{
		One: func(ctx context.Context, name string) ([]byte, error) { return ask(ctx, client, name) },
		Many: func(ctx context.Context, names []string) (map[string][]byte, error) {
			return askMany(ctx, client, names)
		},
		Missing: rueidis.Nil,
		// To ask anew would be to wait behind the same question on the same connection.
		Patience: timelimit.Default,
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

// getAlone is get without sharing: a shared question may fail because of another key.
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

// askMany returns what there is. MGET passes over what is not text. Its errors are not the
// server's answer for one key: asked for alone, that key may have one. A user may have GET
// only, and a node of a cluster answers for one key at a time.
func askMany(ctx context.Context, client rueidis.Client, names []string) (map[string][]byte, error) {
	values, err := client.Do(ctx, client.B().Mget().Key(names...).Build()).ToArray()
	if err != nil {
		return nil, fmt.Errorf("MGET: %w", err)
	}
	if len(values) != len(names) {
		return nil, fmt.Errorf("MGET: %d answers for %d keys", len(values), len(names))
	}
	found := make(map[string][]byte, len(names))
	for i, value := range values {
		text, err := value.AsBytes()
		if rueidis.IsRedisNil(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("MGET: %w", err)
		}
		found[names[i]] = text
	}
	return found, nil
}
