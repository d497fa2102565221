// A site whose router is chi. docs/routers.md shows routes.go, which has the pages of
// docs/login.md, and more.go.
package main

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/jamsession/jamsession/examples/routers/pages"
	"github.com/jamsession/jamsession/site"
)

func main() { pages.Serve(all) }

// all has all pages.
func all(site *site.Site) http.Handler {
	router := routes(site).(*chi.Mux)
	more(router)
	return router
}
