// Package memcachestore keeps sessions in Memcached.
//
//	store, err := memcachestore.Open(ctx, []string{"127.0.0.1:11211"}, nil)
//	...
//	defer store.Close()
//	sessions, err := session.New(store, nil)
//	...
//
// With the codec of Django as [Options].Codec it is Django's engine cache on Memcached with
// PyMemcacheCache: the keys, flags and lifetimes are Django's, and several
// servers share the keys as pymemcache lets them. (PyLibMCCache distributes
// them in another way: share one server with it.)
//
// # What it promises
//
// A save reads with gets and writes with cas, which the server refuses if
// anything has changed: no update is lost and no logout undone. A logout does
// the same, and puts a tombstone in the place of the record, which a save in
// flight cannot pass.
//
// Memcached forgets: when it restarts, when its memory is full, and when the
// server of a key is taken out of the list. Those sessions are gone. For
// sessions that must not be, see package cachedstore.
//
// Memcached cannot move a record to another key in one step. At a rotation
// the new record is made first, and then the old one ends if it is still what
// it was; in between both keys work. If the second step fails, the new record
// is taken back.
//
// A server that is not there at the start is an error of [Open]. One that goes
// away later gives errors until it is back, and is never passed over for
// another one: its sessions would be on two servers then.
package memcachestore
