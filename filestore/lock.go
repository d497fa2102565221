package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// lockFiles is how many locks there are. Each key belongs to one of them.
const lockFiles = 16

// locks keep processes, and the goroutines of one, from changing a session at
// the same time. The operating system releases them if a process dies.
type locks struct {
	files [lockFiles]*os.File
	mine  [lockFiles]chan struct{} // the locks of this process: full while locked
}

// openLocks opens the lock files, which are the same for all processes.
func openLocks(root *os.Root, o *Options) (*locks, error) {
	l := &locks{}
	for i := range lockFiles {
		f, err := openLock(root, o, fmt.Sprintf(".%s.lock.%02d", o.Prefix, i))
		if err != nil {
			return nil, errors.Join(err, l.close())
		}
		l.files[i], l.mine[i] = f, make(chan struct{}, 1)
	}
	locked, err := tryLock(l.files[0]) // finds out whether the file system has locks
	if err != nil {
		return nil, errors.Join(err, l.close())
	}
	if locked {
		unlock(l.files[0])
	}
	return l, nil
}

// openLock opens or creates a lock file. It refuses a file that another user
// can open: that user could lock it forever or, as its owner, replace it, so
// that two processes hold two locks of one name.
func openLock(root *os.Root, o *Options, name string) (*os.File, error) {
	f, err := root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL|openFlags, 0o600)
	if !errors.Is(err, fs.ErrExist) {
		return f, err
	}
	named, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if o.checkFile(named) != nil || named.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the lock file %s does not belong to this site, or other users can open it:"+
			" remove it, and find out who made it", name)
	}
	if f, err = root.OpenFile(name, os.O_RDWR|openFlags, 0); err != nil {
		return nil, err
	}
	opened, err := f.Stat()
	if err == nil && !os.SameFile(named, opened) {
		err = fmt.Errorf("the lock file %s was replaced while it was opened", name)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (l *locks) close() error {
	var errs []error
	for _, f := range l.files {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}

// lock takes the locks of two keys, which may be the same, the lower one first,
// so that no two callers wait for each other.
func (l *locks) lock(ctx context.Context, a, b string) (unlock func(), err error) {
	first, second := min(number(a), number(b)), max(number(a), number(b))
	if err := l.take(ctx, first); err != nil {
		return nil, err
	}
	if first == second {
		return func() { l.give(first) }, nil
	}
	if err := l.take(ctx, second); err != nil {
		l.give(first)
		return nil, err
	}
	return func() {
		l.give(second)
		l.give(first)
	}, nil
}

// number returns the number of a key's lock, which is the same in every
// process.
func number(key string) int {
	var sum uint32
	for i := range len(key) {
		sum = sum*31 + uint32(key[i])
	}
	return int(sum % lockFiles)
}

func (l *locks) take(ctx context.Context, i int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case l.mine[i] <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := l.takeFile(ctx, l.files[i]); err != nil {
		<-l.mine[i]
		return err
	}
	return nil
}

// takeFile tries again and again: the operating system cannot wait for a lock
// and a context at once.
func (l *locks) takeFile(ctx context.Context, f *os.File) error {
	for wait := 50 * time.Microsecond; ; wait = min(2*wait, 10*time.Millisecond) {
		locked, err := tryLock(f)
		if locked || err != nil {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (l *locks) give(i int) {
	unlock(l.files[i])
	<-l.mine[i]
}
