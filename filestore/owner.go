package filestore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// Reasons not to trust a file: its writer can log in as anybody, unless the
// codec signs.
var (
	errForeign = errors.New("the file of a session was not created by this site:" +
		" it is a link, a device, or a file with two names")
	errOwner = errors.New("the file of a session belongs to another user," +
		" see Options.AllowFilesOfUsers")
	errWritable = errors.New("the file of a session can be written to by other users")
)

// checkFile returns why a file is not trusted, or nil. It reads the process's
// user each time: a process that began as root may have changed it.
func (o *Options) checkFile(info fs.FileInfo) error {
	switch {
	case !info.Mode().IsRegular(), names(info) > 1: // 0 names, if it was just replaced
		return errForeign
	case !o.believes(info):
		return errOwner
	case info.Mode().Perm()&0o022 != 0:
		return errWritable
	}
	return nil
}

// believes reports whether a file belongs to this process's user, or to one of
// AllowFilesOfUsers.
func (o *Options) believes(info fs.FileInfo) bool {
	uid, ok := owner(info)
	return !ok || uid == os.Geteuid() || slices.Contains(o.AllowFilesOfUsers, uid)
}

// checkFolder returns why a folder is not trusted, or nil. It checks the open
// folder, not one that has its name by now.
func (o *Options) checkFolder(dir string, info fs.FileInfo) error {
	shared := info.Mode().Perm()&0o022 != 0
	uid, _ := owner(info)
	switch {
	case shared && !o.AllowSharedFolder:
		return fmt.Errorf("other users can write into %s: run chmod 700 on it,"+
			" or use a folder of the site's own", dir)
	case shared && info.Mode()&fs.ModeSticky == 0:
		return fmt.Errorf("other users can remove files of %s, since it is not sticky", dir)
	case shared && uid == 0: // root's, as /tmp is
	case !o.believes(info):
		return fmt.Errorf("%s belongs to the user %d, who can put any session into it, and this process"+
			" runs as the user %d: run it as that user, or give it a folder of its "+
			"own", dir, uid, os.Geteuid())
	}
	return nil
}
