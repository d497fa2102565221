package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// A clearing removes what has expired from a folder, and what was left behind there.
//
// It looks at files without a lock, and takes each lock for some removals at once: no
// save waits for the files of others that live, nor for the disk.
type clearing struct {
	s   *store
	now time.Time

	// isEntry reports whether the name of a file, without the prefix, is that of an entry.
	isEntry func(name string) bool

	// hasExpired finds out by the content of an entry's file what info does not say.
	hasExpired func(name string, info fs.FileInfo) bool

	entries int  // that were removed
	touched bool // something was removed
}

// leftoverAge is the age from which a temporary file counts as left behind.
const leftoverAge = time.Hour

// atOnce is how many files are removed under one lock before others may have it.
const atOnce = 32

// A find is a file that is to be removed, if it is still what was looked at.
type find struct {
	name    string // without the prefix
	info    fs.FileInfo
	isEntry bool
}

// run clears the folder, and returns how many entries it removed. It flushes the folder
// once, after all.
func (c *clearing) run(ctx context.Context) (int, error) {
	err := c.clear(ctx)
	if c.touched {
		err = errors.Join(err, c.s.flushFolder())
	}
	if err != nil {
		return c.entries, fmt.Errorf("filestore: clear expired: %w", err)
	}
	return c.entries, nil
}

func (c *clearing) clear(ctx context.Context) error {
	for names, err := range c.s.pages(ctx) {
		if err != nil {
			return err
		}
		for lock, finds := range c.look(names) {
			for some := range slices.Chunk(finds, atOnce) {
				if err := c.removeAll(ctx, lock, some); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// look returns the files that can go, by their locks.
func (c *clearing) look(names []string) (found [lockFiles][]find) {
	for _, name := range names {
		entry, _, isTemporary := strings.Cut(name, temporary)
		if !c.isEntry(entry) {
			continue // not ours
		}
		info, err := c.s.root.Lstat(c.s.opts.Prefix + name)
		if err != nil || c.s.opts.checkFile(info) != nil {
			continue // gone meanwhile, or not ours
		}
		if c.canGo(name, isTemporary, info) {
			lock := number(entry)
			found[lock] = append(found[lock], find{name, info, !isTemporary && info.Size() > 0})
		}
	}
	return found
}

// canGo reports whether a file has expired, or was left behind.
func (c *clearing) canGo(name string, isTemporary bool, info fs.FileInfo) bool {
	if isTemporary || info.Size() == 0 {
		return c.now.Sub(info.ModTime()) > leftoverAge
	}
	return c.hasExpired(name, info)
}

// promises reports whether a file says by its time of access that it has not expired: this
// package sets it to the expiry, so that such a file need not be read. Django's files say
// nothing, and what a file says never ends a session.
func (c *clearing) promises(info fs.FileInfo) bool { return accessed(info).After(c.now) }

// removeAll removes files that have one lock.
func (c *clearing) removeAll(ctx context.Context, lock int, finds []find) error {
	if err := c.s.locks.take(ctx, lock); err != nil {
		return err
	}
	defer c.s.locks.give(lock)
	for _, f := range finds {
		removed, err := c.remove(f)
		if err != nil {
			return c.s.hide("remove", f.name, err)
		}
		c.touched = c.touched || removed
		if removed && f.isEntry {
			c.entries++
		}
	}
	return nil
}

// remove removes a file if it is the one that was looked at. Its lock is held. Django takes
// no lock: what it saves between this look and the removal goes, as with its own clearing.
func (c *clearing) remove(f find) (bool, error) {
	name := c.s.opts.Prefix + f.name
	if info, err := c.s.root.Lstat(name); err != nil || !unchanged(f.info, info) {
		return false, nil // saved or removed meanwhile
	}
	return true, unlessGone(c.s.root.Remove(name))
}

// unchanged reports whether a file has not been saved since it was looked at. A save puts
// another file under its name, which can get the number of one that is gone.
func unchanged(looked, now fs.FileInfo) bool {
	return os.SameFile(looked, now) && now.ModTime().Equal(looked.ModTime()) && now.Size() == looked.Size()
}

// unlessGone returns nil if another program has removed the file.
func unlessGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
