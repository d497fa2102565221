package redisstore

import (
	"context"
	"slices"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/internal/sessionkey"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// maxPipeline is how many questions are sent at once.
const maxPipeline = 500

// Exist implements [session.Store]. It reports true for a key that holds something other
// than text, where Load finds no session.
func (s *store) Exist(ctx context.Context, keys []string) ([]bool, error) {
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	exist := make([]bool, 0, len(keys))
	for some := range slices.Chunk(keys, maxPipeline) {
		found, err := s.existSome(ctx, some)
		if err != nil {
			return nil, wrap(ctx, "look for sessions", err)
		}
		exist = append(exist, found...)
	}
	return exist, ctx.Err()
}

// existSome asks for each key in a command of its own, since a cluster has them in several places.
func (s *store) existSome(ctx context.Context, keys []string) ([]bool, error) {
	exist := make([]bool, len(keys))
	var places []int
	var commands rueidis.Commands
	for i, key := range keys {
		if sessionkey.WellFormed(key) {
			places = append(places, i)
			commands = append(commands, s.client.B().Exists().Key(s.opts.name(key)).Build())
		}
	}
	if len(commands) == 0 {
		return exist, nil
	}
	for i, answer := range s.client.DoMulti(ctx, commands...) {
		n, err := answer.AsInt64()
		if err != nil {
			return nil, err
		}
		exist[places[i]] = n > 0
	}
	return exist, nil
}
