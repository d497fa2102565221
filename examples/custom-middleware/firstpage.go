package custommiddleware

import (
	"net/http"

	"github.com/jamsession/jamsession/session"
)

const firstPage = session.Item[string]("first_page")

// FirstPage adds to every session the page that its visitor saw first. It
// belongs inside the Handler of the manager.
func FirstPage(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		firstPage.SetDefault(session.From(r), r.URL.Path)
		next.ServeHTTP(w, r)
	})
}
