// Package poolqueue bounds how many calls wait for the connections of a pool. The pools of
// database/sql and of pgx let any number wait, each until its context ends: if a server
// answers too slowly, all visitors would wait for as long as they may, behind those who
// have gone away since.
package poolqueue

import (
	"errors"
	"sync/atomic"
)

const (
	// Least is how many calls may wait at least: what one connection to SQLite does in
	// about a second.
	Least = 1000

	// PerConn is how many may wait for each connection, if that is more.
	PerConn = 100
)

// ErrFull says that so many calls wait for a connection that the next is refused at once.
var ErrFull = errors.New("too many calls wait for a connection to the database")

// A Queue counts calls that wait for a connection of one pool or work with one; a pool may
// have several queues. Its zero value is ready, and nil is one without bound. It is safe for
// concurrent use.
type Queue struct{ calls atomic.Int64 }

// Enter counts a call, which must then call [Queue.Leave], or returns [ErrFull]. The
// function returns how many connections the pool may have, 0 for any number. It is called
// only when there are many calls.
func (q *Queue) Enter(conns func() int) error {
	if q == nil {
		return nil
	}
	calls := q.calls.Add(1)
	if calls <= Least {
		return nil
	}
	if n := int64(conns()); n > 0 && calls > n+max(Least, n*PerConn) {
		q.calls.Add(-1)
		return ErrFull
	}
	return nil
}

// Leave ends a call.
func (q *Queue) Leave() {
	if q != nil {
		q.calls.Add(-1)
	}
}
