package conceal_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/jamsession/jamsession/internal/conceal"
)

// counter counts how often it is concealed, and is a context that carries itself.
type counter struct {
	context.Context
	n int
}

func (c *counter) Conceal()          { c.n++ }
func (*counter) SecretHeader(string) {}

func (c *counter) Value(key any) any {
	if key == (conceal.Key{}) {
		return c
	}
	return c.Context.Value(key)
}

func TestOnlyAPanicConceals(t *testing.T) {
	ask := func(ctx context.Context, h http.HandlerFunc) (v any) {
		defer func() { v = recover() }()
		conceal.ServeHTTP(h, httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/", nil))
		return nil
	}
	page := func(http.ResponseWriter, *http.Request) {}
	bug := func(http.ResponseWriter, *http.Request) { panic("bug") }
	c := &counter{Context: t.Context()}
	if v := ask(c, page); v != nil || c.n != 0 {
		t.Errorf("a page: panic %v, concealed %d times", v, c.n)
	}
	if v := ask(c, bug); v != "bug" || c.n != 1 {
		t.Errorf("a panic: %v, concealed %d times", v, c.n)
	}
	if v := ask(t.Context(), bug); v != "bug" {
		t.Errorf("without a session: panic %v", v)
	}
}
