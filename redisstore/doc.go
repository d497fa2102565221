// Package redisstore keeps sessions in Redis or Valkey, 6.0 or newer.
//
//	store, err := redisstore.Open(ctx, "redis://localhost:6379/0", nil)
//	...
//	defer store.Close()
//	sessions, err := session.New(store, nil)
//	...
//
// With the codec of Django as [Options].Codec it is Django's engine cache on Redis: the keys, the
// values and their lifetimes are those of Django's RedisCache and of
// django-redis.
//
// # What it promises
//
// Each method is one step of the server: a save compares and replaces in one
// script, and a logout is one DEL. What Redis has acknowledged is what it keeps;
// how well it keeps it is a matter of its configuration. Without an
// append-only file, or after a failover to a replica that lags behind, the
// last changes can be undone, a logout among them. WAIT is not used.
//
// In a cluster two keys are on two servers, so that there a rotation of the
// key takes two steps: the new record is made, and the old one deleted if it
// is still what it was. Between the two both keys work. If the second step
// fails, the new record is taken back.
//
// A server that is not there when the program starts is an error of [Open].
// One that goes away later gives errors until it is back: never ErrNotFound.
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
// What is special in a user or password is percent-encoded. The name and
// password of a sentinel URL are those of the servers, not of the sentinels.
package redisstore
