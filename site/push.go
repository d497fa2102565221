package site

import (
	"fmt"

	"github.com/jamsession/jamsession/internal/siteparts"
)

// openPush opens what DEVICE_PUSH_URL names. Nil is none.
func (s *Site) openPush() (siteparts.Push, error) {
	at, err := s.conf.DevicePush()
	if err != nil || at.Kind == "" {
		return nil, err
	}
	push, err := siteparts.PushOf(at)
	if err != nil {
		return nil, fmt.Errorf("settings: DEVICE_PUSH_URL: %w", err)
	}
	s.keep(push)
	return push, nil
}
