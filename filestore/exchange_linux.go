package filestore

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// exchangeFiles exchanges two files of a folder in one step. Its error is
// [errors.ErrUnsupported] if the file system cannot do that, and
// [fs.ErrNotExist] if one of them does not exist.
func exchangeFiles(dir *os.File, a, b string) error {
	fd := int(dir.Fd())
	for {
		switch err := unix.Renameat2(fd, a, fd, b, unix.RENAME_EXCHANGE); {
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
