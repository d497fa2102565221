package httpcache_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/httpcache"
	"github.com/jamsession/jamsession/internal/vectors"
)

func TestVectorsPatchVary(t *testing.T) {
	vectors.Run(t, "patch_vary", func(t *testing.T, c vectors.Case) {
		var in struct {
			Before *string `json:"vary_before"`
			Add    []string
		}
		var want struct {
			After string `json:"vary_after"`
		}
		c.Decode(t, &in, &want)
		h := http.Header{}
		if in.Before != nil {
			h.Set("Vary", *in.Before)
		}
		for _, field := range in.Add {
			httpcache.AddVary(h, field)
		}
		// Django 5.2 writes a comma before what it adds to an empty header,
		// as 6.1 does not.
		if got := h.Get("Vary"); got != strings.TrimPrefix(want.After, ", ") {
			t.Errorf("got %q, want %q", got, want.After)
		}
	})
}
