package httpcache_test

import (
	"net/http"
	"testing"

	"github.com/jamsession/jamsession/internal/httpcache"
	"github.com/jamsession/jamsession/internal/writertest"
)

func TestWriterLosesNoMethod(t *testing.T) {
	writertest.Run(t, func(out http.ResponseWriter, handler http.HandlerFunc) {
		var w httpcache.Writer
		handler(w.Around(t.Context(), out), nil)
	})
}
