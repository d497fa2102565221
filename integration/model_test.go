package integration

import (
	"fmt"
	"math"

	"github.com/anishathalye/porcupine"
)

// A method is what a client asked of a store.
type method int

const (
	load   method = iota
	create        // a record that was not there
	save          // data or expiry, under the same key
	move          // to another key
	remove        // Delete
	lose          // the server crashed and forgot all
)

// A verdict is what the store answered.
type verdict int

const (
	done verdict = iota
	notFound
	conflict
	exists
	unknown // an error: it has happened, or will, or never
)

// A version is what the model knows of a record: its data is a number that no
// other record has, and its expiry a count of microseconds.
type version struct {
	n      int
	expiry int64
}

// A call is one call of a store's method. Keys are positions in their set:
// records move within a set only, so that each set is checked by itself.
type call struct {
	method   method
	set      int
	key, to  int
	old, new version

	// from and until are the microseconds between which it happened.
	from, until int64
}

// An answer is what came back; got is for load.
type answer struct {
	verdict verdict
	got     version
}

// names is how many keys a set can have.
const names = 12

// A slot is what the store holds under one key. A gone one has expired: it is
// never served, but may be in the way until it is cleared or deleted.
type slot struct {
	version
	gone bool
}

// A state is the state of one set.
type state [names]slot

// A contract is the sequential specification of session.Store.
type contract struct {
	// slack is how far, in microseconds, from its instant a record may
	// expire.
	slack int64

	// tombstones: a record that was moved or deleted may leave something under its old
	// key that is in the way of a new record, for a while.
	tombstones bool
}

// model is the contract as porcupine checks it.
func (c contract) model() porcupine.Model {
	return porcupine.Model{
		Partition: bySet,
		Init:      func() any { return state{} },
		Step: func(s, in, out any) (bool, any) {
			return c.step(s.(state), in.(call), out.(answer))
		},
		DescribeOperation: func(in, out any) string { return describe(in.(call), out.(answer)) },
	}
}

func bySet(history []porcupine.Operation) [][]porcupine.Operation {
	var sets [][]porcupine.Operation
	for _, op := range history {
		set := op.Input.(call).set
		for len(sets) <= set {
			sets = append(sets, nil)
		}
		sets[set] = append(sets[set], op)
	}
	return sets
}

// step reports whether a store in state s may give the answer out to in, and
// what its state is then.
//
// A call whose outcome is unknown never returned, so that porcupine may place
// it after all others, where nobody sees what it did. Its step is therefore
// the one that has an effect.
func (c contract) step(s state, in call, out answer) (bool, state) {
	switch in.method {
	case load:
		return c.load(s, in, out)
	case create:
		return c.create(s, in, out)
	case save, move:
		return c.save(s, in, out)
	case remove:
		return c.remove(s, in, out)
	default:
		return true, state{}
	}
}

func (c contract) load(s state, in call, out answer) (bool, state) {
	found := s[in.key]
	if out.verdict == notFound {
		return c.end(s, in)
	}
	ok := c.mayLive(found, in) && found.n == out.got.n
	if off := out.got.expiry - found.expiry; out.got.expiry != 0 && max(off, -off) > max(c.slack, 1e6) {
		ok = false
	}
	return ok, s
}

func (c contract) create(s state, in call, out answer) (bool, state) {
	there := s[in.key]
	switch out.verdict {
	case done:
		s[in.key] = fill(in)
		return c.mayBeFree(there, in), s
	case exists:
		return there.n != 0, s
	case unknown:
		if c.mayBeFree(there, in) {
			s[in.key] = fill(in)
		}
		return true, s
	}
	return false, s
}

// save is also move. A store that has two reasons to refuse may give either.
//
// A save that began in time may succeed though the record expires before it
// is its turn, and though others were told so: it waited in a queue.
func (c contract) save(s state, in call, out answer) (bool, state) {
	there := s[in.key]
	live := there.n != 0 && in.from <= there.expiry+c.slack
	same := live && there.n == in.old.n
	free := in.to == in.key || c.mayBeFree(s[in.to], in)
	switch out.verdict {
	case done:
		return same && free, c.moved(s, in)
	case notFound:
		return c.end(s, in)
	case conflict:
		return live && there.version != in.old, s
	case exists:
		return in.to != in.key && s[in.to].n != 0, s
	default:
		if same && free {
			s = c.moved(s, in)
		}
		return true, s
	}
}

// remove is also a logout. As a save, one that began in time may succeed.
func (c contract) remove(s state, in call, out answer) (bool, state) {
	there := s[in.key]
	switch out.verdict {
	case done:
		return there.n != 0 && in.from <= there.expiry+c.slack, c.without(s, in.key)
	case notFound:
		return c.end(s, in)
	case unknown:
		return true, c.without(s, in.key)
	}
	return false, s
}

func (c contract) moved(s state, in call) state {
	s = c.without(s, in.key)
	s[in.to] = fill(in)
	return s
}

// without is s when the record under a key has gone.
func (c contract) without(s state, key int) state {
	if s[key].n != 0 && c.tombstones {
		s[key].gone = true
	} else {
		s[key] = slot{}
	}
	return s
}

// end is the step of a call that found nothing: from then on there is
// nothing.
func (c contract) end(s state, in call) (bool, state) {
	there := s[in.key]
	ok := c.mayBeFree(there, in)
	if there.n != 0 {
		s[in.key].gone = true
	}
	return ok, s
}

// longAgo is how many microseconds before its save a record expires that the
// save ends. No load that still waits has read its clock before that.
const longAgo = 60e6

// fill is the slot that a call writes. One whose expiry has just passed does
// not end at once: a load that read its clock before that, and then waited, may
// still find it.
func fill(in call) slot {
	return slot{in.new, in.new.expiry <= in.from-longAgo}
}

func (c contract) mayLive(there slot, in call) bool {
	return there.n != 0 && !there.gone && in.from <= there.expiry+c.slack
}

func (c contract) mayBeFree(there slot, in call) bool {
	return there.n == 0 || there.gone || in.until != never && in.until >= there.expiry-c.slack
}

// never is the return of a call whose outcome is unknown. Records of a set
// with such calls do not expire by themselves: a step has one next state, and
// of these calls nobody knows whether they came in time.
const never = math.MaxInt64

// describe prints a call. An expiry is seconds after the call began.
func describe(in call, out answer) string {
	text := func(v version) string {
		return fmt.Sprintf("#%d(%+.3fs)", v.n, float64(v.expiry-in.from)/1e6)
	}
	what := fmt.Sprintf("%s %d/%d", [...]string{
		"Load", "Create", "Save", "Move", "Delete", "crash",
	}[in.method], in.set, in.key)
	switch in.method {
	case create:
		what += " " + text(in.new)
	case save:
		what += fmt.Sprintf(" %s -> %s", text(in.old), text(in.new))
	case move:
		what += fmt.Sprintf(" %s -> %d %s", text(in.old), in.to, text(in.new))
	}
	result := [...]string{"done", "not found", "conflict", "exists", "unknown"}[out.verdict]
	if in.method == load && out.verdict == done {
		result = text(out.got)
	}
	return what + ": " + result
}
