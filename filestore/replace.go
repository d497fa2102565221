package filestore

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/jamsession/jamsession/session"
)

// replace writes next over the file of old, if that still holds old.
//
// Django takes no locks, and may save or delete the session at any moment. So
// the two files change places in one step, and what comes out of it is
// compared: if it is not old, Django has saved meanwhile, and gets its place
// back.
func (s *store) replace(old, next session.Record) error {
	name := s.opts.Prefix + old.Key
	temp, err := s.writeTemporary(old.Key, next)
	if err != nil {
		return err
	}
	if err = s.compare(old); err == nil { // writing took its time
		err = s.exchange(temp, name, old.Data)
	}
	if err := s.root.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err != nil {
		return err
	}
	return s.flushFolder()
}

// exchange makes the two files change places. If the second did not hold data,
// it returns [session.ErrConflict], and what Django saved last is at its place.
func (s *store) exchange(temp, name string, data []byte) error {
	put, info, err := s.openFile(temp) // open, so that its number is not given to another
	if err != nil {
		return err
	}
	defer func() { _ = put.Close() }()
	err = exchangeFiles(s.dir, temp, name)
	if errors.Is(err, errors.ErrUnsupported) {
		return s.root.Rename(temp, name)
	}
	if err != nil {
		return gone(err)
	}
	found, foundInfo, err := s.openFile(temp)
	if err != nil {
		return err
	}
	defer func() { _ = found.Close() }()
	if got, err := io.ReadAll(io.LimitReader(found, maxSize)); err != nil || bytes.Equal(got, data) {
		return err
	}
	return s.giveBack(temp, name, info, foundInfo)
}

// giveBack puts a file back to its name, in the place of the one that was put
// there. If Django has saved there once more, that is the file to put back.
func (s *store) giveBack(temp, name string, put, held fs.FileInfo) error {
	if err := exchangeFiles(s.dir, temp, name); err != nil {
		return gone(err)
	}
	found, foundInfo, err := s.openFile(temp)
	if err != nil {
		return err
	}
	defer func() { _ = found.Close() }()
	if os.SameFile(foundInfo, put) {
		return session.ErrConflict
	}
	return s.giveBack(temp, name, held, foundInfo)
}

// gone turns the lack of a file into the lack of a session: Django has
// deleted it.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return session.ErrNotFound
	}
	return err
}
