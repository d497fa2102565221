// Package cachedstore is a [session.Store] that keeps what another store
// holds in a cache, too: Django's cached_db.
package cachedstore
