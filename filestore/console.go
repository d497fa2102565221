package filestore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/jamsession/jamsession/internal/sessionkey"
	"github.com/jamsession/jamsession/session"
)

// leftoverAge is the age from which a temporary file counts as left behind.
const leftoverAge = time.Hour

// page is how many names are read at once.
const page = 1000

// names yields the names in the folder that begin with the prefix, without it.
func (s *store) names(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		dir, err := s.root.Open(".")
		if err != nil {
			yield("", err)
			return
		}
		defer func() { _ = dir.Close() }()
		for {
			all, err := dir.Readdirnames(page)
			for _, name := range all {
				if rest, ok := strings.CutPrefix(name, s.opts.Prefix); ok && !yield(rest, nil) {
					return
				}
			}
			if errors.Is(err, io.EOF) {
				return
			}
			if err := errors.Join(err, ctx.Err()); err != nil {
				yield("", err)
				return
			}
		}
	}
}

// ClearExpired implements [session.Store]. It also removes the leftovers of
// processes that died, which it does not count. Several processes may call it
// at the same time.
func (s *store) ClearExpired(ctx context.Context, now time.Time) (int, error) {
	n := 0
	for name, err := range s.names(ctx) {
		if err != nil {
			return n, fmt.Errorf("filestore: clear expired: %w", err)
		}
		cleared, err := s.clear(ctx, name, now)
		if err != nil {
			return n, s.hide("clear expired", name, err)
		}
		if cleared {
			n++
		}
	}
	return n, nil
}

// clear removes one file if it is expired or left behind, and reports whether
// it was a session.
func (s *store) clear(ctx context.Context, name string, now time.Time) (bool, error) {
	key, _, isTemporary := strings.Cut(name, temporary)
	if !sessionkey.WellFormed(key) {
		return false, nil // not ours
	}
	unlock, err := s.locks.lock(ctx, key, key)
	if err != nil {
		return false, err
	}
	defer unlock()
	info, err := s.root.Lstat(s.opts.Prefix + name)
	if err != nil || s.opts.checkFile(info) != nil {
		return false, nil // gone meanwhile, or not ours
	}
	old := now.Sub(info.ModTime()) > leftoverAge
	if isTemporary || info.Size() == 0 {
		if !old {
			return false, nil
		}
		return false, s.remove(name)
	}
	data, saved, err := s.readFile(key)
	if err != nil || s.opts.deadline(data, saved).After(now) {
		return false, nil // Load reports a file that cannot be read
	}
	return true, s.remove(key)
}

// List implements [session.Store]. It holds the names in memory to sort them.
// Files that cannot be read are left out.
func (s *store) List(ctx context.Context) iter.Seq2[session.Record, error] {
	return func(yield func(session.Record, error) bool) {
		var keys []string
		for name, err := range s.names(ctx) {
			if err != nil {
				yield(session.Record{}, fmt.Errorf("filestore: list: %w", err))
				return
			}
			if sessionkey.WellFormed(name) {
				keys = append(keys, name)
			}
		}
		slices.Sort(keys)
		for _, key := range keys {
			rec, err := s.Load(ctx, key)
			if err != nil && ctx.Err() == nil {
				continue
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}
