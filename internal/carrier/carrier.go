// Package carrier carries a value through the handlers of a request, as part
// of the request's context.
package carrier

import (
	"context"
	"fmt"
	"io"
	"log/slog"
)

// A Context is a request's context that carries a *T. Embed it in T: then T is
// the context itself, which saves an allocation, and prints as its name, since
// a request's context is printed in logs and must not show a visitor.
type Context[T any] struct {
	context.Context

	name  string
	value *T
}

// New returns a context that carries value, for its field of this type.
func New[T any](parent context.Context, name string, value *T) Context[T] {
	return Context[T]{parent, name, value}
}

// From returns what the context of a request carries, or nil.
func From[T any](ctx context.Context) *T {
	value, _ := ctx.Value(key[T]{}).(*T)
	return value
}

// key is the key of each type for itself.
type key[T any] struct{}

// Value finds the carried value under its key.
func (c *Context[T]) Value(k any) any {
	if k == (key[T]{}) {
		return c.value
	}
	return c.Context.Value(k)
}

// Format implements [fmt.Formatter]: every verb prints the name.
func (c *Context[T]) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.name) }

// LogValue is the text that Format prints, for package slog.
func (c *Context[T]) LogValue() slog.Value { return slog.StringValue(c.name) }
