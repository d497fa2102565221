package redislimit

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/internal/panics"
)

const (
	// leaveEvery bounds how often a connection is given up: in a failover the
	// name leads to the wrong server for a while, which still answers reads.
	leaveEvery = 500 * time.Millisecond

	// leaveTime is how long it may take.
	leaveTime = 250 * time.Millisecond
)

// wrong begin the answers of a server that is not, or not yet, the one to ask: a
// replica, one that loads its data, or that has lost its replicas, its primary,
// its cluster, or who is asking.
var wrong = []string{"READONLY ", "MASTERDOWN ", "LOADING ", "CLUSTERDOWN ", "NOREPLICAS ", "NOAUTH "}

// isWrong reports whether a result is such an answer. Before Redis 7 that of a
// script is in the middle of a text.
func isWrong(result rueidis.RedisResult) bool {
	answer, ok := rueidis.IsRedisErr(result.Error())
	if !ok {
		return false
	}
	for _, code := range wrong {
		if strings.HasPrefix(answer.Error(), code) || strings.Contains(answer.Error(), ": -"+code) {
			return true
		}
	}
	return false
}

// leave ends the connections to a wrong server, so that the next command looks
// for the right one under the same name.
func (c *client) leave() {
	now, last := time.Now().UnixNano(), c.left.Load()
	if now-last < int64(leaveEvery) || !c.left.CompareAndSwap(last, now) {
		return
	}
	if c.cut != nil {
		c.cut()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaveTime)
	defer cancel()
	var asking sync.WaitGroup
	for range quits {
		asking.Add(1)
		panics.Go(func() {
			defer asking.Done()
			c.Client.Do(ctx, c.B().Arbitrary("QUIT").Keys("jamsession").Build())
		}, panics.Log(slog.Default(), "redislimit: leave a server"))
	}
	asking.Wait()
}

// quits is how often a server is asked to end a connection that somebody else
// has dialed. Rueidis has no call for that, and sends what has a key by one of
// its connections, four as a rule, at random.
const quits = 16
