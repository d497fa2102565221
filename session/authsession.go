package session

import (
	"context"
	"time"

	"github.com/jamsession/jamsession/internal/authsession"
)

func init() {
	authsession.Discard = func(s any) { s.(*Session).discard() }
	authsession.StartAnew = func(s any) { s.(*Session).startAnew() }
	authsession.Overtaken = func(s any) bool { return s.(*Session).overtaken() }
	authsession.Follow = func(s any, f authsession.Follower) { s.(*Session).follow(f) }
	authsession.RecordOf = func(s any) (string, time.Time) { return s.(*Session).recordOf() }
	authsession.HasBegun = func(s any) bool { return s.(*Session).hasBegun() }
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

// followedKey is the key of the record, unless it is the record itself.
func (s *Session) followedKey() string {
	if s.m.sealer != nil {
		return ""
	}
	return s.stored.Key
}

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
