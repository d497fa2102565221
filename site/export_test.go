package site

import (
	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/throttle"
)

// Attempts is where a site counts them, for tests with a clock of their own.
func (s *Site) Attempts() throttle.Store { return s.limits.store }

// LoginLimiter and SignUpLimiter are those of Auth.
func (s *Site) LoginLimiter() auth.Limiter  { return s.limits.logins }
func (s *Site) SignUpLimiter() auth.Limiter { return s.limits.signUps }

// AllowsHost reports whether ALLOWED_HOSTS has the host of a header.
func AllowsHost(hosts []string, header string) bool { return allowsHost(hosts, header) }

// LookForDevices has the next question look whether there is a table of devices.
func (s *Site) LookForDevices() { s.devices.looked.Store(0) }
