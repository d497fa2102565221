package filestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/jamsession/jamsession/internal/sessionkey"
	"github.com/jamsession/jamsession/session"
)

// A store keeps sessions in the files of a folder.
type store struct {
	opts  Options
	root  *os.Root
	dir   *os.File // the folder itself, to flush it
	locks *locks

	savedAt func(data []byte, expiry time.Time) time.Time // see Options.savedAt

	// What some systems lack, as functions so that tests can go without.
	exchangeFiles func(dir *os.File, a, b string) error
	flush         func(dir *os.File) error
}

// New returns a store in a folder, which it creates, for its owner only, if it
// does not exist. Several processes may use one folder. Options may be nil. The
// error says what is wrong with the folder, or names the field that is wrong.
func New(dir string, o *Options) (session.Store, error) {
	s, err := newStore(dir, o)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func newStore(dir string, o *Options) (*store, error) {
	opts := o.withDefaults()
	if err := opts.check(); err != nil {
		return nil, err
	}
	if dir == "" {
		return nil, errors.New("filestore: New: dir is empty")
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("filestore: %w", err)
	}
	root, err := openFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("filestore: %w", err)
	}
	s := &store{
		opts: opts, root: root, exchangeFiles: exchangeFiles,
		flush: (*os.File).Sync,
	}
	s.savedAt = s.opts.savedAt
	if err := s.open(dir); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("filestore: %w", err)
	}
	return s, nil
}

func openFolder(dir string) (*os.Root, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is not a folder", dir)
	}
	if err != nil {
		return nil, err
	}
	return os.OpenRoot(dir)
}

// open checks the folder, and opens its lock files.
func (s *store) open(dir string) (err error) {
	if s.dir, err = s.root.Open("."); err != nil {
		return err
	}
	info, err := s.dir.Stat()
	if err != nil {
		return err
	}
	if err := s.opts.checkFolder(dir, info); err != nil {
		return err
	}
	if err := s.flushFolder(); err != nil {
		return fmt.Errorf("the folder %s cannot be flushed to its disk, so that a power cut could undo"+
			" a logout; use another file system, or set Options.LoseSessionsInPowerCut: %w", dir, err)
	}
	s.locks, err = openLocks(s.root, &s.opts)
	return err
}

// Close implements [session.Store]. It closes the folder; running calls return
// an error.
func (s *store) Close() error {
	var errs []error
	if s.locks != nil {
		errs = append(errs, s.locks.close())
	}
	if s.dir != nil {
		errs = append(errs, s.dir.Close())
	}
	return errors.Join(append(errs, s.root.Close())...)
}

// Codec implements [session.Store].
func (s *store) Codec() session.Codec { return s.opts.Codec }

// KeepsBytes implements [session.Store].
func (s *store) KeepsBytes() bool { return true }

// Load implements [session.Store].
func (s *store) Load(ctx context.Context, key string) (session.Record, error) {
	if err := ctx.Err(); err != nil {
		return session.Record{}, err
	}
	if !sessionkey.WellFormed(key) {
		return session.Record{}, session.ErrNotFound
	}
	rec, err := s.read(key)
	return rec, s.hide("load", key, err)
}

// read returns the live record in the file of a key.
func (s *store) read(key string) (session.Record, error) {
	data, saved, err := s.readFile(key)
	if errors.Is(err, fs.ErrNotExist) {
		return session.Record{}, session.ErrNotFound
	}
	if err != nil {
		return session.Record{}, err
	}
	expiry := s.opts.deadline(data, saved)
	// An empty file is one that Django is about to write.
	if len(data) == 0 || !expiry.After(time.Now()) {
		return session.Record{}, session.ErrNotFound
	}
	return session.Record{Key: key, Data: data, Expiry: expiry.UTC()}, nil
}

// Create implements [session.Store].
func (s *store) Create(ctx context.Context, rec session.Record) error {
	if !sessionkey.WellFormed(rec.Key) {
		return fmt.Errorf("filestore: %w", sessionkey.ErrMalformed)
	}
	return s.locked(ctx, "create", rec.Key, rec.Key, func() error {
		if _, err := s.read(rec.Key); !errors.Is(err, session.ErrNotFound) {
			if err == nil {
				err = session.ErrExists
			}
			return err
		}
		if err := s.removeExpired(rec.Key); err != nil {
			return err
		}
		return s.writeNew(rec)
	})
}

// Save implements [session.Store].
func (s *store) Save(ctx context.Context, old, next session.Record) error {
	if !sessionkey.WellFormed(old.Key) {
		return session.ErrNotFound
	}
	if !sessionkey.WellFormed(next.Key) {
		return fmt.Errorf("filestore: %w", sessionkey.ErrMalformed)
	}
	return s.locked(ctx, "save", old.Key, next.Key, func() error {
		if err := s.compare(old); err != nil { // before writing
			return err
		}
		switch {
		case !next.Expiry.After(time.Now()):
			return s.remove(old.Key)
		case next.Key != old.Key:
			return s.move(old, next)
		default:
			return s.replace(old, next)
		}
	})
}

// compare returns nil if the stored record is old.
func (s *store) compare(old session.Record) error {
	stored, err := s.read(old.Key)
	if err != nil {
		return err
	}
	if !bytes.Equal(stored.Data, old.Data) {
		return session.ErrConflict
	}
	return nil
}

// move writes the new file before it removes the old one. Nobody knows the new
// key until then, so that for all others the session has one key at any time;
// if the process dies in between, it is the old one.
//
// If Django has saved while the new file was written, that is a conflict.
func (s *store) move(old, next session.Record) error {
	if _, err := s.root.Lstat(s.opts.Prefix + next.Key); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = session.ErrExists
		}
		return err
	}
	if err := s.writeOver(next.Key, next); err != nil {
		return err
	}
	err := s.compare(old)
	if err == nil {
		err = s.remove(old.Key)
	}
	if err != nil {
		return errors.Join(err, s.remove(next.Key))
	}
	return nil
}

// Delete implements [session.Store].
func (s *store) Delete(ctx context.Context, key string) error {
	if !sessionkey.WellFormed(key) {
		return session.ErrNotFound
	}
	return s.locked(ctx, "delete", key, key, func() error { return s.delete(key) })
}

// delete removes the file of a live record. It leaves an expired one to
// ClearExpired.
func (s *store) delete(key string) error {
	if _, err := s.read(key); err != nil {
		return err
	}
	if err := s.root.Remove(s.opts.Prefix + key); err != nil {
		return gone(err)
	}
	return s.flushFolder()
}

// locked runs f while no other process that takes the locks changes these keys.
func (s *store) locked(ctx context.Context, doing, a, b string, f func() error) error {
	unlock, err := s.locks.lock(ctx, a, b)
	if err != nil {
		return fmt.Errorf("filestore: %s: %w", doing, err)
	}
	defer unlock()
	return s.hide(doing, a, s.hide(doing, b, f()))
}

// hide adds what failed, and removes the name of the file, which contains the
// key.
func (s *store) hide(doing, key string, err error) error {
	if err == nil || errors.Is(err, session.ErrNotFound) || errors.Is(err, session.ErrExists) ||
		errors.Is(err, session.ErrConflict) || !strings.Contains(err.Error(), key) {
		return err
	}
	reason := err
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		reason = path.Err
	case errors.As(err, &link):
		reason = link.Err
	}
	return fmt.Errorf("filestore: %s: %w", doing, reason)
}
