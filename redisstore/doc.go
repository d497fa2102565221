// Package redisstore keeps sessions in Redis or Valkey, 6.0 or newer.
//
//	store, err := redisstore.Open(ctx, "redis://localhost:6379/0", nil)
//	...
//	defer store.Close()
//	sessions, err := session.New(store, nil)
//	...
//
// With Django's codec in [Options].Codec it is Django's engine cache on Redis: the keys,
// the values and their lifetimes are those of Django's RedisCache and of django-redis,
// with any of its serializers and compressors: see django.CacheValues.
//
// # What it promises
//
// Each method is one step of the server: a save compares and replaces in one script, and
// a logout is one DEL. A value that no script can read, since it is compressed, JSON or
// msgpack, is read first, and then replaced if it is still the same. The store relies on
// what Redis acknowledges; how durable that is depends on the configuration of Redis.
// Without an append-only file, or after a failover to a replica that lags behind, the last
// changes can be undone, a logout among them. WAIT is not used.
//
// In a cluster two keys are on two servers, so that a rotation of the key takes two steps
// there: the new record is created, and the old one deleted if it has not changed. In
// between, both keys are valid. If the second step fails, the new record is removed.
//
// If the server is down when the program starts, [Open] returns an error. If it goes down
// later, calls return errors until it is back, but never ErrNotFound.
//
// An answer that no primary in order gives (READONLY, LOADING, MASTERDOWN, CLUSTERDOWN,
// NOREPLICAS, NOAUTH) ends the connections, at most twice a second, so that after a
// failover the next calls are answered by the server that the name leads to now. The
// connections of a client that was passed to [New] cannot be reached: the server is asked
// to end them, by QUIT.
//
// # Connections
//
// A store of [Open] has one connection to each server, which all calls share: those that come
// at the same moment go out, and are answered, in one piece. Only a value of a mebibyte or
// more is written on a connection of its own, except in a cluster. A call waits until it is
// answered, until its context ends, or for five seconds if that has no end; of ten thousand
// that wait, the next is refused at once. A connection that says nothing is given up after
// seven seconds, and made anew by the next call; none has a lifetime.
//
// While few visitors load at a time, each load is sent at once. When two are running, further
// ones wait for one of them to return, and then share one MGET, of a hundred keys at most; a
// load that fails together with others is repeated alone, each time if the user may not use
// MGET. At most ten thousand loads wait so, in addition to the other calls. In a cluster, with
// a client of [New] or [NewCache], and where the client-side cache is asked, each load is a
// command of its own.
//
// A load of a key that holds something other than text finds no session.
//
// # URLs
//
//	redis://user:password@host:6379/0
//	rediss://…                                TLS; ?ca=/path/of/ca.pem
//	unix:///path/redis.sock?db=0
//	redis-cluster://host1:6379,host2:6379     rediss-cluster for TLS
//	redis-sentinel://host1:26379,host2:26379/mymaster/0
//	                                          rediss-sentinel for TLS, to both
//
// Special characters in a user or password are percent-encoded. The name and password in
// a sentinel URL are for the servers, not for the sentinels.
package redisstore
