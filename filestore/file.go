package filestore

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/jamsession/jamsession/session"
)

// maxSize is more than any codec of this module writes.
const maxSize = 64 << 20

// temporary is part of the name of a file that is being written, as in Django.
const temporary = "_out_"

// readFile returns the content of a key's file, and when it was saved.
func (s *store) readFile(key string) ([]byte, time.Time, error) {
	f, info, err := s.openFile(s.opts.Prefix + key)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer func() { _ = f.Close() }()
	if info.Size() > maxSize {
		return nil, time.Time{}, fmt.Errorf("%w: a file of %d bytes", session.ErrTooLarge, info.Size())
	}
	data, err := io.ReadAll(io.LimitReader(f, maxSize))
	return data, info.ModTime(), err
}

// openFile opens a regular file that has this name and no other, and is
// trusted. It refuses a symbolic link even within the folder, where an os.Root
// would follow it.
func (s *store) openFile(name string) (*os.File, fs.FileInfo, error) {
	for {
		named, err := s.root.Lstat(name)
		if err != nil {
			return nil, nil, err
		}
		if err := s.opts.checkFile(named); err != nil {
			return nil, nil, err
		}
		f, err := s.root.OpenFile(name, os.O_RDONLY|openFlags, 0)
		if err != nil {
			return nil, nil, err
		}
		opened, err := f.Stat()
		if err == nil && os.SameFile(named, opened) {
			return f, opened, nil
		}
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, nil, err
		}
	} // a save has put another file there meanwhile
}

// writeNew writes the file of a record that must not have one yet. As Django
// does, it creates an empty file first, which fails if the name is taken.
func (s *store) writeNew(rec session.Record) error {
	name := s.opts.Prefix + rec.Key
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|openFlags, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return session.ErrExists
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return err
	}
	if err := s.writeOver(rec.Key, rec); err != nil {
		return errors.Join(err, s.root.Remove(name))
	}
	return s.flushFolder()
}

// writeOver replaces the file of a key in one step.
func (s *store) writeOver(key string, rec session.Record) error {
	temp, err := s.writeTemporary(key, rec)
	if err != nil {
		return err
	}
	if err := s.root.Rename(temp, s.opts.Prefix+key); err != nil {
		return errors.Join(err, s.root.Remove(temp))
	}
	return nil
}

// writeTemporary writes a record to a file that nobody mistakes for a
// session's.
func (s *store) writeTemporary(key string, rec session.Record) (string, error) {
	if len(rec.Data) > maxSize {
		return "", fmt.Errorf("%w: a file of %d bytes", session.ErrTooLarge, len(rec.Data))
	}
	name := s.opts.Prefix + key + temporary + strings.ToLower(rand.Text())
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|openFlags, 0o600)
	if err != nil {
		return "", err
	}
	err = s.fill(f, name, rec)
	if err := errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, s.root.Remove(name))
	}
	return name, nil
}

func (s *store) fill(f *os.File, name string, rec session.Record) error {
	if _, err := f.Write(rec.Data); errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("%w: the file system, or a limit of the process, allows no file of %d bytes",
			session.ErrTooLarge, len(rec.Data))
	} else if err != nil {
		return err
	}
	if err := s.root.Chtimes(name, rec.Expiry, s.savedAt(rec.Data, rec.Expiry)); err != nil {
		return err
	}
	if s.opts.LoseSessionsInPowerCut {
		return nil
	}
	return s.flush(f)
}

// remove removes the file of a key, if there is one.
func (s *store) remove(key string) error {
	err := s.root.Remove(s.opts.Prefix + key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.flushFolder()
}

// removeExpired removes an expired file, so that a new one can be created. An
// empty file is one that Django is about to write, unless it is old.
func (s *store) removeExpired(key string) error {
	info, err := s.root.Lstat(s.opts.Prefix + key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Size() == 0 && time.Since(info.ModTime()) < leftoverAge {
		return session.ErrExists
	}
	return s.remove(key)
}

// flushFolder makes a change of names survive a power cut.
func (s *store) flushFolder() error {
	if s.opts.LoseSessionsInPowerCut {
		return nil
	}
	return s.flush(s.dir)
}
