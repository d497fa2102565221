package auth

import (
	"context"
	"net/http"
	"sync"

	"github.com/jamsession/jamsession/internal/carrier"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// Handler gives each request that reaches next its user, for [From] and
// [Load]. It belongs inside session's Manager.Handler. A request that does
// not ask for its user costs no I/O and does not touch its session.
//
// A second Handler of the same manager on one request steps aside.
func (m *Manager) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if carrier.Of[exchange](r.Context(), m) != nil {
			next.ServeHTTP(w, r)
			return
		}
		x := &exchange{m: m, req: r, header: w.Header()}
		x.Context = carrier.New(r.Context(), "auth exchange", m, x, nil)
		next.ServeHTTP(w, r.WithContext(x))
	})
}

// An exchange is one request with what is known about its visitor. It is also
// the request's context, which saves an allocation.
type exchange struct {
	carrier.Context[exchange]

	m      *Manager
	req    *http.Request // as it came to Handler
	header http.Header   // of the response

	mu      sync.Mutex
	known   bool // user and err are the answer
	user    User
	err     error
	granted *granted // nil: nobody has asked what the user may do
	typed   typed
	looking timelimit.Context // while a backend is asked for the user
}

func exchangeOf(ctx context.Context) *exchange { return carrier.From[exchange](ctx) }
