package filestore

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// exchangeFiles exchanges two files of a folder in one step. Its error is
// [errors.ErrUnsupported] if the file system cannot do that, and
// [fs.ErrNotExist] if one of them does not exist.
func exchangeFiles(dir *os.File, a, b string) error { return rename(dir, a, b, unix.RENAME_EXCHANGE) }

// renameFree renames a file of a folder. Its error is [errors.ErrUnsupported] if the file
// system cannot do that only if nothing has the new name, and [fs.ErrExist] if something
// has.
func renameFree(dir *os.File, from, to string) error {
	return rename(dir, from, to, unix.RENAME_NOREPLACE)
}

func rename(dir *os.File, from, to string, flags uint) error {
	fd := int(dir.Fd())
	for {
		switch err := unix.Renameat2(fd, from, fd, to, flags); {
		case err == nil:
			return nil
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS):
			return errors.ErrUnsupported
		default:
			return os.NewSyscallError("renameat2", err)
		}
	}
}
