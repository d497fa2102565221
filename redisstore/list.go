package redisstore

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/internal/sessionkey"
	"github.com/jamsession/jamsession/session"
)

// List implements [session.Store]. It scans all keys of each server, a thousand
// at a time, and holds the keys of the sessions in memory to sort them: it is
// for consoles. A record that changes meanwhile is yielded as before or after
// the change. With Options.KeyFunc it yields errors.ErrUnsupported.
func (s *store) List(ctx context.Context) iter.Seq2[session.Record, error] {
	return func(yield func(session.Record, error) bool) {
		if s.opts.KeyFunc != nil {
			yield(session.Record{}, errors.ErrUnsupported)
			return
		}
		keys, err := s.keys(ctx)
		if err != nil {
			yield(session.Record{}, wrap(ctx, "list", err))
			return
		}
		for _, key := range keys {
			rec, err := s.Load(ctx, key)
			if errors.Is(err, session.ErrNotFound) {
				continue
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// keys returns the keys of all sessions, sorted.
func (s *store) keys(ctx context.Context) ([]string, error) {
	var all []string
	for _, node := range s.client.Nodes() {
		names, err := scan(ctx, node, globEscaper.Replace(s.opts.Prefix)+"*")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if key := strings.TrimPrefix(name, s.opts.Prefix); sessionkey.WellFormed(key) {
				all = append(all, key)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// globEscaper escapes a prefix for a pattern.
var globEscaper = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`)

func scan(ctx context.Context, node rueidis.Client, pattern string) (names []string, err error) {
	for cursor := uint64(0); ; {
		cmd := node.B().Scan().Cursor(cursor).Match(pattern).Count(1000).Build()
		page, err := node.Do(ctx, cmd).AsScanEntry()
		if err != nil {
			return nil, err
		}
		names = append(names, page.Elements...)
		if cursor = page.Cursor; cursor == 0 {
			return names, nil
		}
	}
}
