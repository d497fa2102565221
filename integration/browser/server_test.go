package browser

import (
	"net/http/httptest"
	"testing"
)

// untilTheEnd closes a server when the test ends. Close alone would wait for as long as a page of
// the browser has a stream of events open.
func untilTheEnd(t *testing.T, server *httptest.Server) *httptest.Server {
	t.Helper()
	t.Cleanup(func() {
		_ = server.Listener.Close() // first, lest the page comes back
		server.CloseClientConnections()
		server.Close()
	})
	return server
}
