package redislimit

import (
	"context"

	"github.com/redis/rueidis"
)

// Apart returns a client on which each command has a connection of its own. It
// is for a command that Redis may answer by closing the connection, or that
// keeps a connection busy: those of others are on another. A cluster's keys say
// which server must be asked, so that it has none.
func Apart(c rueidis.Client) rueidis.Client {
	limited := New(c).(*client)
	if limited.Mode() == rueidis.ClientModeCluster {
		return limited
	}
	// It connects without a context.
	return &client{Client: apart{limited.Client}, cut: limited.cut, wary: true}
}

type apart struct{ rueidis.Client }

// Do implements [rueidis.Client].
func (a apart) Do(ctx context.Context, cmd rueidis.Completed) rueidis.RedisResult {
	wire, _ := a.Dedicate()
	defer wire.Close()
	return wire.Do(ctx, cmd)
}
