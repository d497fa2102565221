// Package django runs a real Django site and a Go site on one database, one
// cache, one folder and one SECRET_KEY, and has one browser visit both: on
// each engine, in each direction.
//
//	go test ./django -run Interoperation -v
//
// prints a table of what was tried. DJANGO_PYTHON names the Python whose Django
// is used. What a Django does not have says so in its cell; nothing is skipped.
//
// # What plain Django can overwrite
//
// The suite shows it (scenario "writes at once"). Django saves a session as a
// whole: a Django request that has loaded it before a Go request saved, and
// saves after it, takes the Go request's changes back, on every engine. The
// other way round nothing is lost: Go compares, and repeats its change on what
// Django has saved. The remedy is Django's own: keep requests that write
// sessions short, and do not share items that both change.
//
// A save by Django also sets the end of the record by its own settings. Go's
// limits do not go by that alone: the absolute one is counted from an item that
// Django carries along.
//
// # What plain Django can bring back
//
// A logout is final on both sides on db and file, where Django's save of a
// record that is gone fails. On cache, Django's save is not atomic with its
// look whether the record is there; on cached_db a Django request that has read
// the row before the logout writes it into the cache after it, and Django then
// believes the cache. Go does not: it looks at the row. The remedy is the engine
// db on the Django side, or a short TIMEOUT in its CACHES.
//
// # What Django does not have
//
// Before 4.1 it has no SECRET_KEY_FALLBACKS, and its JSON serializer cannot
// store an instant: Session.SetExpiryAt makes such a Django fail when it asks
// for the age, so use SetExpiry there. Its engine file never ends a session
// whose expiry was set in seconds; Go does.
package django
