package filestore

import (
	"errors"
	"os"

	"github.com/jamsession/jamsession/session"
)

// WithoutExchange makes a store do without the exchange of files, as on macOS.
func WithoutExchange(s session.Store) session.Store {
	s.(*store).exchangeFiles = func(*os.File, string, string) error { return errors.ErrUnsupported }
	return s
}

// WithFlush makes a store flush files and its folder by flush.
func WithFlush(s session.Store, flush func(*os.File) error) session.Store {
	s.(*store).flush = flush
	return s
}

// OpenWithFlush is [New] on a system that flushes a folder by flush.
func OpenWithFlush(dir string, o *Options, flush func(*os.File) error) error {
	opts := o.withDefaults()
	root, err := openFolder(dir)
	if err != nil {
		return err
	}
	s := &store{
		opts: opts, root: root, exchangeFiles: exchangeFiles,
		flush: flush,
	}
	return errors.Join(s.open(dir), s.Close())
}
