package safeurl

import (
	"net/http"
	"strings"
)

// OfRequest returns the path and the query that the visitor asked for, also below an
// http.StripPrefix. It leads to this host, wherever it is put.
func OfRequest(r *http.Request) string {
	sent := r.RequestURI
	if !strings.HasPrefix(sent, "/") {
		sent = r.URL.RequestURI()
	}
	return EscapeLeadingSlashes(sent)
}
