package settings

import "github.com/jamsession/jamsession/auth/throttle"

// Attempts is where a site counts them, for tests with a clock of their own.
func (s *Site) Attempts() throttle.Store { return s.limits.store.(throttle.Store) }

// AllowsHost is for the tests.
func (s *Settings) AllowsHost(header string) bool { return s.allowsHost(header) }
