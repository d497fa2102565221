package auth

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
)

// Handler gives each request that reaches next its user, for [From] and
// [Load]. It belongs inside session's Manager.Handler. A request that does
// not ask for its user costs no I/O and does not touch its session.
//
// A second Handler of the same manager on one request steps aside.
func (m *Manager) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if x := exchangeOf(r.Context()); x != nil && x.m == m {
			next.ServeHTTP(w, r)
			return
		}
		x := &exchange{Context: r.Context(), m: m}
		next.ServeHTTP(w, r.WithContext(x))
	})
}

// An exchange is one request with what is known about its visitor. It is also
// the request's context, which saves an allocation.
type exchange struct {
	context.Context

	m *Manager

	mu    sync.Mutex
	known bool // user and err are the answer
	user  User
	err   error
}

type exchangeKey struct{}

// Value finds the exchange itself under exchangeKey.
func (x *exchange) Value(key any) any {
	if key == (exchangeKey{}) {
		return x
	}
	return x.Context.Value(key)
}

// Format implements [fmt.Formatter]. A request's context is printed in logs,
// and must not show the visitor.
func (x *exchange) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "auth exchange") }

// LogValue is the text that Format prints, for package slog.
func (x *exchange) LogValue() slog.Value { return slog.StringValue("auth exchange") }

func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}
