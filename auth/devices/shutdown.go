package devices

import (
	"errors"
	"net/http"

	"github.com/jamsession/jamsession/internal/panics"
)

// errShutdown is the cause when the server of a request shuts down.
var errShutdown error = unavailable{errors.New("devices: the server shuts down")}

// isServed reports whether the server of a watch goes on. A server that shuts down waits for its
// requests, and so for those who watch: their watches end. The caller holds the lock.
func (s *watches) isServed(server *http.Server) bool {
	if server == nil {
		return true
	}
	leaves, known := s.servers[server]
	if !known {
		s.servers[server] = false
		server.RegisterOnShutdown(panics.Guard(
			func() { s.leave(server) }, panics.Log(s.logger, "devices: watches of a server")))
	}
	return !leaves
}

// leave ends the watches of a server.
func (s *watches) leave(server *http.Server) {
	s.mu.Lock()
	s.servers[server] = true
	s.mu.Unlock()
	for _, w := range s.everyone() {
		if w.server == server {
			s.end(w, errShutdown)
		}
	}
}
