package filestore

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/jamsession/jamsession/session"
)

// replace overwrites the file of old with next, if it still contains old.
//
// Django takes no locks, and may save or delete the session at any moment. So
// the two files are exchanged in one step, and the one that was replaced is
// compared: if it does not contain old, Django has saved meanwhile, and its
// file is put back.
func (s *store) replace(old, next session.Record) error {
	return s.put(old.Key, next, func(temp, name string) error {
		if err := s.compare(old); err != nil { // again, since writing took time
			return err
		}
		return s.exchange(temp, name, old.Data)
	})
}

// replaceFile overwrites a file with next, if it still has a content.
func (s *store) replaceFile(key string, content []byte, next session.Record) error {
	return s.put(key, next, func(temp, name string) error { return s.exchange(temp, name, content) })
}

// put writes a temporary file, and calls a function that exchanges it and the file of a
// key.
func (s *store) put(key string, next session.Record, exchange func(temp, name string) error) error {
	temp, err := s.writeTemporary(key, next)
	if err != nil {
		return err
	}
	err = exchange(temp, s.opts.Prefix+key)
	if err := s.root.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err != nil {
		return err
	}
	return s.flushFolder()
}

// exchange exchanges the two files. If the second did not contain data, it
// returns [session.ErrConflict], with the file that Django saved last in its
// place.
func (s *store) exchange(temp, name string, data []byte) error {
	put, info, err := s.openFile(temp) // open, so that its number is not given to another
	if err != nil {
		return err
	}
	defer func() { _ = put.Close() }()
	err = s.exchangeFiles(s.dir, temp, name)
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

// giveBack puts a file back under its name, in the place of the one that was
// put there. If Django has saved once more, it puts that file back.
func (s *store) giveBack(temp, name string, put, held fs.FileInfo) error {
	if err := s.exchangeFiles(s.dir, temp, name); err != nil {
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

// gone turns a missing file into session.ErrNotFound: Django has deleted it.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return session.ErrNotFound
	}
	return err
}
