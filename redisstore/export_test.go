package redisstore

import "github.com/jamsession/jamsession/session"

// MoveInSteps lets a store move records as if it were in a cluster.
func MoveInSteps(s session.Store) { s.(*store).inSteps = true }
