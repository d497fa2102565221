// Package filestore keeps each session in a file: Django's engine file, in Django's
// folder, under Django's names, with Django's content.
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
// A record is complete or absent: it is written to a temporary file, flushed to the disk
// and renamed, and then the folder is flushed. Saved records and deletions survive a
// power cut. A full disk or a failed write leaves the old record and is an error.
//
// Processes that use this package take locks, on a few files that stay in the folder, so
// that a save compares and replaces in one step, even between processes. Django takes no
// locks. On Linux a save therefore exchanges its file and the session's in one step, and
// checks the file that it got: if Django has saved meanwhile, Django's file is put back
// and the save is a conflict, and if Django has deleted the session, it stays deleted. If
// the operating system (macOS, the BSDs) or the file system cannot do so, what Django does
// in the few microseconds between our comparison and our renaming is lost: a save, and a
// deletion, too. When a session gets a new key, a save by Django in such a moment is lost
// on every system. Between processes that use this package nothing is ever lost. Django
// itself overwrites records that were saved while its request ran, and restores a session
// that is deleted while it saves.
//
// New refuses a folder that cannot be flushed, unless Options.LoseSessionsInPowerCut is
// set, and a system without locks of files, such as Windows: use another engine there.
//
// # Other users of the machine
//
// Anyone who can write the file of a session decides who is logged in, unless the codec
// signs. So the store only trusts files and a folder that belong to the user of the
// process, and to which nobody else can write: it refuses the files of other users, even
// root's, files that others may write to, symbolic links, devices, pipes, and files with
// a second name. A lock must be a file that no other user can open. [Options] has two
// exceptions, for a folder such as /tmp and for a Django site that runs as another user.
//
// A refused file is an error and not a missing session, so that nobody is silently logged
// out if the owner of the files was changed by mistake.
//
// # Expiry
//
// Django's files do not contain an expiry. It follows from the time of the last change,
// Options.MaxAge and the session's own expiry, which the codec reads. The store sets the
// time of change so that all of them agree on the expiry it was given. There is one
// exception: a session with a fixed last instant (SetExpiryAt) ends then and not before,
// whatever the idle limit. A Django site whose sessions have ages of their own
// (get_session_cookie_age) reads other expiries from the same files: it cannot share them.
//
// # As a cache
//
// [NewCache] is Django's FileBasedCache, for package cachedstore. Its files contain an
// expiry, and what is said above of locks, flushing and other users holds for them, too.
//
// # Space
//
// ClearExpired removes expired sessions, and the leftovers of processes that died:
// temporary files and empty files older than an hour. It leaves files alone that are not
// named like a session. It takes each lock for a few removals at once, and flushes the
// folder once, in the end.
//
// A file that was saved after it was looked at stays, except that Django, which takes no locks,
// can save in the microseconds before the removal. Without a codec the time of change
// says whether a file has expired. With one, and in a cache, the expiry is in the content:
// files that this package wrote repeat it as their time of access, and only those whose
// time of access has passed are read, so all of Django's.
package filestore
