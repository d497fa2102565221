// Package filestore keeps each session in a file of its own: Django's engine
// file, in Django's folder, under Django's names, with Django's content.
//
//	store, err := filestore.New("/var/lib/site/sessions", nil)
//	...
//	defer store.Close()
//	codec, err := django.Signed(keys)
//	...
//	sessions, err := session.New(store, &session.Options{Codec: codec})
//	...
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
// processes. Django takes no locks. On Linux a save therefore exchanges its
// file and the session's in one step, and looks at what it got: if Django has
// saved meanwhile, Django's file gets its place back and the save counts as a
// conflict, and if Django has deleted the session, it stays deleted. Where the
// operating system or the file system cannot do so, and when a session gets a
// new key, what Django writes between our comparison and our renaming, a moment
// of a few microseconds, is lost. Django itself overwrites what we saved while
// its request ran, and brings a session back that is deleted while it saves.
//
// # Other users of the machine
//
// Whoever writes the file of a session decides who is logged in, unless the
// codec signs. So the store believes files and a folder of the user that the
// process runs as, into which no other can write, and nothing else: it refuses
// the files of other users, root's included, files that others may write to,
// symbolic links, devices, pipes, and files with a second name. A lock must be
// a file that no other user can open. [Options] has two ways out, for a folder
// such as /tmp and for a Django that runs as another user.
//
// A refused file is an error and not the lack of a session, so that nobody is
// silently logged out where the owner of the files was changed by mistake.
//
// # Expiry
//
// Django's files have no expiry in them. It follows from the time of the last
// change, Options.MaxAge and what the session says itself, which
// [Options].Deadline knows. The store sets the time of change so that all of
// them agree on the expiry it was given. There is one exception: a session
// that names its last instant (SetExpiryAt) ends then and not before, whatever
// idle limit there is.
//
// # Space
//
// ClearExpired removes what has expired, and what processes that died
// have left: temporary files and empty files older than an hour. It touches
// no file that is not named like a session.
package filestore
