package health_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/jamsession/jamsession/health"
	"github.com/jamsession/jamsession/memstore"
)

func ExampleHealth_Ready() {
	search := health.Check{Name: "search", Ask: func(context.Context) error { return errors.New("not there") }}
	quiet := &health.Options{Logger: slog.New(slog.DiscardHandler)}
	h, err := health.New(quiet, health.Store(memstore.New()), search)
	if err != nil {
		panic(err)
	}
	w := httptest.NewRecorder()
	h.Ready().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	text, _ := io.ReadAll(w.Result().Body)
	fmt.Printf("%d\n%s", w.Code, text)
	// Output:
	// 503
	// store: ok
	// search: unavailable
}
