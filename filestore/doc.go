// Package filestore keeps each session in a file of its own: Django's engine
// file, in Django's folder, under Django's names, with Django's content.
//
//	store, err := filestore.New("/var/lib/site/sessions", nil)
//	...
//	defer store.Close()
//	sessions := session.New(store, &session.Options{Codec: django.Signed(secretKey)})
//
// It is for one machine. The folder must be on a local file system with locks
// (flock), and belong to the site alone.
//
// # What it promises
//
// A record is whole or not there: it is written to a temporary file, flushed
// to the disk and renamed, and then the folder is flushed. What was saved,
// and that something was deleted, survives a power cut. A full disk or a
// failed write leaves the old record and is an error.
//
// Processes that use this package take locks, on a few files that stay in the
// folder, so that a save compares and replaces in one step, also between
// processes. Django takes no locks: what it writes between our comparison and
// our renaming, a moment of a few microseconds, is lost, and Django itself
// overwrites what we saved while its request ran. A session that was deleted
// Django does not bring back, but for such a moment.
//
// Names that lead elsewhere are refused: symbolic links, devices, pipes, and
// files with a second name.
//
// # Expiry
//
// Django's files have no expiry in them. It follows from the time of the last
// change, Options.MaxAge and what the session says itself, which
// [Options].Deadline knows. The store sets the time of change so that all of
// them agree on the expiry it was given. One case it cannot keep: a session
// that names its last instant (SetExpiryAt) ends then and not before, whatever
// idle limit there is.
//
// # Space
//
// [Store.ClearExpired] removes what has expired, and what processes that died
// have left: temporary files and empty files older than an hour. It touches
// no file that is not named like a session.
package filestore
