package httpcache

import "context"

// A Response knows whether its header may have left.
type Response interface{ Begun() bool }

// ResponseKey is the key under which the context of a request that carries a
// [Demand] has the [Response] that meets it.
type ResponseKey struct{}

// Begun reports whether the response to the request with this context has begun,
// as far as package session, or a [Writer], knows.
func Begun(ctx context.Context) bool {
	r, ok := ctx.Value(ResponseKey{}).(Response)
	return ok && r.Begun()
}
