package session

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/internal/authsession"
	"github.com/jamsession/jamsession/internal/timelimit"
)

func init() {
	authsession.Discard = func(s any) { s.(*Session).discard() }
	authsession.FlushUnasked = flushUnasked
	authsession.LoginEnded = func(s any) { s.(*Session).loginEnded() }
	authsession.StartAnew = func(s any) { s.(*Session).startAnew() }
	authsession.Overtaken = func(s any) bool { return s.(*Session).overtaken() }
	authsession.Follow = func(s any, f authsession.Follower) { s.(*Session).follow(f) }
	authsession.RecordOf = func(s any) (string, time.Time) { return s.(*Session).recordOf() }
	authsession.ManagerOf = func(s any) any { return s.(*Session).m }
	authsession.Reread = func(ctx context.Context, m any, key string) (any, error) {
		return m.(*Manager).reread(ctx, key)
	}
	authsession.HasPlainKeys = func(s any) bool { return s.(*Session).hasPlainKeys() }
	authsession.HasBegun = func(s any) bool { return s.(*Session).hasBegun() }
}

// flushUnasked is authsession.FlushUnasked.
func flushUnasked(r *http.Request) bool {
	x := exchangeOf(r.Context())
	if x == nil {
		return false
	}
	s := &x.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.record != recordUnasked {
		return false
	}
	s.flush()
	return true
}

// loginEnded is authsession.LoginEnded.
func (s *Session) loginEnded() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.doomed {
		s.doomed[i].maybe = true
	}
}

// follow is authsession.Follow.
func (s *Session) follow(f authsession.Follower) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.follower = f
}

// recordOf is authsession.RecordOf.
func (s *Session) recordOf() (key string, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.record != recordStored {
		return "", time.Time{}
	}
	return s.followedKey(), s.stored.Expiry
}

// reread is authsession.Reread.
func (m *Manager) reread(ctx context.Context, storeKey string) (*Session, error) {
	ctx, cancel := timelimit.Within(ctx, m.opts.Timeout)
	defer cancel()
	v, err := m.version(ctx, storeKey)
	if errors.Is(err, ErrNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, unavailable("load", err)
	}
	items, err := m.parse(v.Record)
	if err != nil {
		return nil, err
	}
	return &Session{m: m, stored: v, items: items, state: state{record: recordStored}}, nil
}

// followedKey is the key of the record, unless it is the record itself.
func (s *Session) followedKey() string {
	if s.m.sealer != nil {
		return ""
	}
	return s.stored.Key
}

// hasPlainKeys is authsession.HasPlainKeys.
func (s *Session) hasPlainKeys() bool { return s.m.sealer == nil && !s.m.opts.HashKeys }

// hasBegun is authsession.HasBegun.
func (s *Session) hasBegun() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answer != answerOpen
}

// announceSave tells the follower until when the record is to be kept. The caller holds
// the lock.
func (s *Session) announceSave(ctx context.Context) error {
	if s.follower == nil {
		return nil
	}
	until := s.m.lifetime(&s.items, time.Now()).deadline
	if err := s.follower.Saving(ctx, s.stored.Expiry, until); err != nil {
		return unavailable("save", err)
	}
	return nil
}

// announceSaved tells the follower of a save. The caller holds the lock.
func (s *Session) announceSaved() {
	if s.follower != nil {
		s.follower.Saved(s.followedKey(), s.stored.Expiry)
	}
}
