// Package memcachestore keeps sessions in Memcached.
//
//	store, err := memcachestore.Open(ctx, []string{"127.0.0.1:11211"}, nil)
//	...
//	defer store.Close()
//	sessions, err := session.New(store, nil)
//	...
//
// With Django's codec in [Options].Codec it is Django's engine cache on Memcached with
// PyMemcacheCache or PyLibMCCache: the keys, flags and lifetimes are Django's, and the
// keys are distributed over several servers as [Options].Hashing says. Values that either
// has compressed are read.
//
// # What it promises
//
// A save reads with gets and writes with cas, which the server refuses if anything has
// changed: no update is lost and no logout undone. A logout does the same, and replaces
// the record with a tombstone, which a save in flight cannot overwrite.
//
// Memcached forgets: when it restarts, when its memory is full, and when the server of a
// key is removed from the list. Those sessions are lost. If that must not happen, see
// package cachedstore.
//
// Memcached cannot move a record to another key in one step. At a rotation the new record
// is created first, and then the old one ends if it has not changed; in between, both
// keys are valid. If the second step fails, the new record is removed.
//
// # Calls of a server
//
// While few visitors load at a time, each load is sent at once. When two are running,
// further ones wait for one of them to return, and then share one question, of a hundred
// keys at most; one that failed together with others is repeated alone. A write has its own
// connection. There are 256 calls of a server at a time, of which 64 leave their
// connections open for later ones; ten thousand more, and as many loads, wait for a place, each
// until its context ends. The next fails at once.
//
// If a server is down at the start, [Open] returns an error. If it goes down later, calls
// return errors until it is back; another server never takes its place, since its
// sessions would then be on two servers.
package memcachestore
