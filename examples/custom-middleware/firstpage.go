package custommiddleware

import (
	"net/http"

	"github.com/jamsession/jamsession/session"
)

var firstPage = session.Item[string]("first_page")

// FirstPage adds to every session the page that its visitor saw first. It
// belongs inside the Handler of the manager.
func FirstPage(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := session.From(r)
		if !s.Has(string(firstPage)) {
			firstPage.Set(s, r.URL.Path)
		}
		next.ServeHTTP(w, r)
	})
}
