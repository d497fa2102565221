// Package conceal keeps keys and tokens out of what handlers log that recover a panic:
// those of routers like to write the header of the request, as gin.Recovery does.
package conceal

import (
	"context"
	"net/http"
)

// Key is the key under which the context of a request with a session has a [Request].
type Key struct{}

// A Request masks what is secret in its header, until its session's handler has caught
// the panic.
type Request interface {
	Conceal()

	// SecretHeader notes the name of another header that has a secret.
	SecretHeader(name string)
}

// Of returns the Request that the context carries, or nil.
func Of(ctx context.Context) Request {
	r, _ := ctx.Value(Key{}).(Request)
	return r
}

// ServeHTTP calls a handler, and conceals the request if the handler panics.
func ServeHTTP(next http.Handler, w http.ResponseWriter, r *http.Request) {
	returned := false
	defer func() {
		if !returned {
			if c := Of(r.Context()); c != nil {
				c.Conceal()
			}
		}
	}()
	next.ServeHTTP(w, r)
	returned = true
}
