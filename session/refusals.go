package session

import (
	"sync/atomic"
	"time"
)

// refusals counts the sessions that were not created, so that the log tells of
// them now and then: refusals come in floods.
type refusals struct {
	untold atomic.Int64
	told   atomic.Int64 // when, in Unix seconds
}

const refusalsTold = 60 // seconds

// add counts one, and returns how many the log is to tell of now: 0 if it has
// told of some a moment ago.
func (r *refusals) add() int64 {
	r.untold.Add(1)
	now, told := time.Now().Unix(), r.told.Load()
	if now-told >= refusalsTold && r.told.CompareAndSwap(told, now) {
		return r.untold.Swap(0)
	}
	return 0
}
