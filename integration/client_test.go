package integration

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// A client calls a store as many requests do: what it holds of a record may
// be long out of date.
type client struct {
	*history
	id    int
	rand  *rand.Rand
	e     engine
	held  map[[2]int]version // by set and key: what it loaded or saved last
	given int                // calls with an unknown outcome that it may still make
	loads bool               // it makes no other calls now

	// ask bounds a call. Calls of sets that do not expire are also given up
	// early by cut, now and then.
	ask func(context.Context) (context.Context, context.CancelFunc)
	cut bool
}

// maxUnknown is how many changes of unknown outcome a client makes. Each of
// them doubles what the check has to consider.
const maxUnknown = 3

func newClient(h *history, e engine, id int, seed uint64) *client {
	return &client{
		history: h, id: id, e: e, rand: rand.New(rand.NewPCG(seed, uint64(id))),
		held: make(map[[2]int]version), given: maxUnknown, ask: context.WithCancel,
	}
}

// next makes one call. Its error is one that says nothing of a record.
func (c *client) next(ctx context.Context) error {
	in := c.plan()
	ctx, cancel := c.ask(ctx)
	defer cancel()
	cut := c.cut && c.given > 0 && !c.sets[in.set].expiring && c.rand.IntN(16) == 0
	if cut {
		ctx, cancel = context.WithTimeout(ctx, c.random(400*time.Microsecond))
		defer cancel()
	}
	out, err := c.do(ctx, c.id, in)
	c.learn(in, out)
	if out.verdict == unknown && in.method != load {
		c.given--
	}
	if err != nil && !cut {
		return fmt.Errorf("client %d: %s: %w", c.id, describe(in, out), err)
	}
	return nil
}

// plan draws a call. A client that knows nothing of a record loads it first.
func (c *client) plan() call {
	set := c.sets[c.rand.IntN(len(c.sets))]
	key := set.pick(c.rand)
	in := call{set: set.id, key: key, to: key}
	held, holds := c.held[[2]int{set.id, key}]
	in.old = held
	what := c.rand.IntN(100)
	switch {
	case c.loads || c.given <= 0 || what < 25:
		in.method = load
	case what < 40:
		in.method, in.new = create, c.version(set)
	case what < 48:
		in.method = remove
	case !holds:
		in.method = load
	case what < 75: // other data
		in.method, in.new = save, c.version(set)
	case what < 80: // the same data for longer
		in.method, in.new = save, version{held.n, c.version(set).expiry + 1e6}
	case what < 85: // a save that ends it
		in.method, in.new = save, version{held.n, c.now() - longAgo}
	default:
		in.method, in.new, in.to = move, c.version(set), c.target(set)
	}
	if in.method == move && in.to < 0 {
		in.method, in.to = load, key
	}
	return in
}

// target is where a move goes: to a key that all know, which may be taken, or
// to a new one. Only the latter is a promise of stores that move in steps, and
// they keep it a secret until the move has succeeded.
func (c *client) target(set *keyset) int {
	if !c.e.stepMoves && c.rand.IntN(2) == 0 {
		return set.pick(c.rand)
	}
	key := set.fresh()
	if key >= 0 && !c.e.stepMoves {
		set.tell(key)
	}
	return key
}

// version is a new record. In an expiring set, every third one lives for a
// few ticks of the store's clock.
func (c *client) version(set *keyset) version {
	lives := int64(3600e6)
	if set.expiring && c.rand.IntN(3) == 0 {
		lives = c.rand.Int64N(max(8000, 2*c.e.tick.Microseconds()))
	}
	return version{int(c.last.Add(1)), c.now() + lives}
}

func (c *client) now() int64 { return c.micros(time.Since(c.begin)) }

// learn keeps what the client now knows.
func (c *client) learn(in call, out answer) {
	at := [2]int{in.set, in.key}
	switch {
	case out.verdict == done && in.method == load:
		c.held[at] = out.got
	case out.verdict == done && in.method == create, out.verdict == done && in.method == save:
		c.held[at] = in.new
	case out.verdict == done && in.method == move:
		c.held[[2]int{in.set, in.to}] = in.new
		if c.e.stepMoves {
			c.sets[in.set].tell(in.to)
		}
	case out.verdict == conflict || out.verdict == unknown:
		delete(c.held, at)
	}
}

func (c *client) random(below time.Duration) time.Duration {
	return time.Duration(c.rand.Int64N(int64(below)))
}
