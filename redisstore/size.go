package redisstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/internal/redislimit"
	"github.com/jamsession/jamsession/internal/sharedload"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

// A wires is the connections to a server.
type wires struct {
	client rueidis.Client
	apart  rueidis.Client            // for large values
	loads  *sharedload.Loads[[]byte] // nil if each load is a command of its own
}

func newWires(client rueidis.Client) wires {
	client = redislimit.New(client)
	return wires{client: client, apart: redislimit.Apart(client)}
}

// large is the least that proto-max-bulk-len can be, by which a server closes the
// connection on a value that is longer.
const large = 1 << 20

// with returns the connections for a command with so many bytes.
func (w wires) with(bytes int) rueidis.Client {
	if bytes >= large {
		return w.apart
	}
	return w.client
}

// wrap says what failed.
func wrap(ctx context.Context, doing string, err error) error {
	return timelimit.Wrap(ctx, "redisstore: "+doing, err)
}

// wrap says what a command with so many bytes has failed in, and that it always
// will if the server takes no value of this size.
func (w wires) wrap(ctx context.Context, doing string, bytes int, err error) error {
	if bytes >= large && w.refused(ctx, err) {
		return fmt.Errorf("%w: %w", session.ErrTooLarge, wrap(ctx, doing, err))
	}
	return wrap(ctx, doing, err)
}

// refused reports whether the server has closed a connection because of the
// value: it says so, but what it says may be lost when the connection is reset.
// The connection was made for this value alone, and the server answers others.
func (w wires) refused(ctx context.Context, err error) bool {
	if answer, ok := rueidis.IsRedisErr(err); ok {
		return strings.Contains(answer.Error(), "invalid bulk length")
	}
	closed := errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	return closed && w.client.Do(ctx, w.client.B().Ping().Build()).Error() == nil
}
