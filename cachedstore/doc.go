// Package cachedstore is a [session.Store] in front of another one: the database is
// authoritative, and a cache answers most reads. It is Django's engine cached_db.
//
//	store, err := cachedstore.New(database, cache, nil)
//	...
//	defer store.Close()
//	sessions, err := session.New(store, nil)
//	...
//
// # What it promises
//
// No request fails because the cache is down, slow or empty: the database answers.
//
// A session that was deleted here, or by another program through this package, is not
// served from the cache again. Before the row is deleted or changed, a tombstone takes the
// place of the entry, for half a minute; if it is not there any more afterwards, another one
// does. A save puts the new entry where its own tombstone still is, if that took the place of
// exactly the entry of what it changes, and of no tombstone of another request. A reader only
// fills a place that is empty: it claims the place by a tombstone of its own (add, never
// set), reads the row again, and puts the entry where that still is. A request that changes
// the row meanwhile has taken it away. So neither a reader that was overtaken by a logout
// nor a cache that has lost its tombstones restores a session.
//
// A cache that refuses to write goes on to be read. An entry that is too large for it is
// left out. If its memory is full, Redis takes a tombstone all the same, since a script
// puts it in the place of the entry; elsewhere the entry is deleted, which is enough.
//
// If the cache can neither be told of a change nor delete the entry, this process does not
// read that session from the cache until it has placed the tombstone; it tries every
// second. Another process that still reaches the cache can serve the old entry meanwhile,
// and so can every process if this one dies first: at most for [Options.Lifetime], since no
// entry lives longer.
//
// Rows that are deleted without the store, by SQL or "manage.py clearsessions",
// are served from the cache until their entry expires: at most for
// Options.Lifetime.
//
// [NewAlone] keeps sessions in a cache and nowhere else: Django's engine cache.
//
// # Beside Django
//
// With Django's codec in [Options].Codec, a Django site with SESSION_ENGINE cached_db can
// share the database and the cache. Entries that Django wrote are not trusted, since
// Django's own refill can restore a session after its logout; the row is read from the
// database, and the entry replaced. Django itself trusts them: its refill after a logout,
// here or there, serves the session to Django until the entry expires. Django's writes
// fail then, since the row is gone.
package cachedstore
