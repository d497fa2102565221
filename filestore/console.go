package filestore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/jamsession/jamsession/internal/sessionkey"
	"github.com/jamsession/jamsession/session"
)

// page is how many names are read at once.
const page = 1000

// pages yields the names in the folder that begin with the prefix, without it, page by
// page.
func (s *store) pages(ctx context.Context) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		dir, err := s.root.Open(".")
		if err != nil {
			yield(nil, err)
			return
		}
		defer func() { _ = dir.Close() }()
		for {
			all, err := dir.Readdirnames(page)
			if !yield(withoutPrefix(all, s.opts.Prefix), nil) || errors.Is(err, io.EOF) {
				return
			}
			if err := errors.Join(err, ctx.Err()); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// withoutPrefix returns the rest of the names that begin with a prefix, in their place.
func withoutPrefix(names []string, prefix string) []string {
	rests := names[:0]
	for _, name := range names {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			rests = append(rests, rest)
		}
	}
	return rests
}

// ClearExpired implements [session.Store]. It also removes the leftovers of
// processes that died, which it does not count. Several processes may call it
// at the same time.
func (s *store) ClearExpired(ctx context.Context, now time.Time) (int, error) {
	c := clearing{s: s, now: now, isEntry: sessionkey.WellFormed}
	c.hasExpired = func(key string, info fs.FileInfo) bool {
		if s.opts.Codec == nil {
			return !s.opts.deadline(nil, info.ModTime()).After(now)
		}
		if c.promises(info) {
			return false
		}
		data, saved, err := s.readFile(key) // Load reports a file that cannot be read
		return err == nil && saved.Equal(info.ModTime()) && !s.opts.deadline(data, saved).After(now)
	}
	return c.run(ctx)
}

// List implements [session.Store]. It holds the names in memory to sort them.
// Files that cannot be read are left out.
func (s *store) List(ctx context.Context) iter.Seq2[session.Record, error] {
	return func(yield func(session.Record, error) bool) {
		var keys []string
		for names, err := range s.pages(ctx) {
			if err != nil {
				yield(session.Record{}, fmt.Errorf("filestore: list: %w", err))
				return
			}
			for _, name := range names {
				if sessionkey.WellFormed(name) {
					keys = append(keys, name)
				}
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
