package session

import (
	"context"
	"errors"

	"github.com/jamsession/jamsession/internal/authsession"
)

func init() {
	authsession.SaveItem = func(
		ctx context.Context, s any, name string, f func(string) string,
	) (string, error) {
		return s.(*Session).saveItem(ctx, name, f)
	}
}

// saveItem is authsession.SaveItem.
func (s *Session) saveItem(ctx context.Context, name string, f func(string) string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sees(lookItems)
	if err := s.load(ctx); err != nil {
		return "", err
	}
	before, pending := len(s.changes), s.pending
	u := &update[string]{name: name, fn: f, logger: s.m.opts.Logger}
	s.apply(change{do: u})
	if err := s.saveNow(ctx); err != nil {
		return "", errors.Join(err, s.takeBack(ctx, before, pending))
	}
	return u.result, nil
}

// takeBack undoes all changes but the first ones. The caller holds the lock.
func (s *Session) takeBack(ctx context.Context, keep int, pending pending) error {
	if s.record != recordStored {
		s.changes, s.pending = s.changes[:min(keep, len(s.changes))], pending
		return nil
	}
	items, err := s.m.decode(ctx, s.stored)
	if err != nil {
		return err
	}
	s.changes, s.pending = s.changes[:min(keep, len(s.changes))], pending
	for _, c := range s.changes {
		if err := c.on(&items); err != nil {
			return err
		}
	}
	s.items = items
	return nil
}
