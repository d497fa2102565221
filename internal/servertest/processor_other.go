//go:build !linux

package servertest

import "time"

// Processor returns zero: only Linux tells it without further programs.
func (s *Server) Processor() time.Duration { return 0 }
