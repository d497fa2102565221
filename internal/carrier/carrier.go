// Package carrier carries a value through the handlers of a request, as part
// of the request's context.
package carrier

import (
	"context"
	"fmt"
	"io"
	"log/slog"
)

// A Context is a request's context that carries a *T, put there by the handler of
// an owner. Embed it in T: then T is the context itself, which saves an
// allocation, and prints as its name, since a request's context is printed in
// logs and must not show a visitor.
type Context[T any] struct {
	context.Context

	name  string
	owner any
	value *T
	also  Values
}

// Values are what else a context carries.
type Values interface{ Value(key any) any }

// New returns a context that carries value, for its field of this type. The owner
// must be a pointer. What also finds is found as well; it may be nil.
func New[T any](parent context.Context, name string, owner any, value *T, also Values) Context[T] {
	return Context[T]{parent, name, owner, value, also}
}

// From returns what the context of a request carries, or nil: the innermost, if
// handlers of several owners stand around each other.
func From[T any](ctx context.Context) *T {
	if c, ok := ctx.Value(key[T]{}).(*Context[T]); ok {
		return c.value
	}
	return nil
}

// Of returns what the handler of this owner has put there, or nil. A handler that
// finds itself in a request steps aside.
func Of[T any](ctx context.Context, owner any) *T {
	for {
		c, ok := ctx.Value(key[T]{}).(*Context[T])
		if !ok {
			return nil
		}
		if c.owner == owner {
			return c.value
		}
		ctx = c.Context
	}
}

// key is the key of each type for itself.
type key[T any] struct{}

// Value finds the context under its key.
func (c *Context[T]) Value(k any) any {
	if k == (key[T]{}) {
		return c
	}
	if c.also != nil {
		if v := c.also.Value(k); v != nil {
			return v
		}
	}
	return c.Context.Value(k)
}

// Format implements [fmt.Formatter]: every verb prints the name.
func (c *Context[T]) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.name) }

// LogValue is the text that Format prints, for package slog.
func (c *Context[T]) LogValue() slog.Value { return slog.StringValue(c.name) }
