// A site whose router is fiber. docs/routers.md shows routes.go, which has the pages of
// docs/login.md, and more.go.
package main

import (
	"net/http"

	"github.com/jamsession/jamsession/examples/routers/pages"
	"github.com/jamsession/jamsession/site"
)

func main() { pages.Serve(all) }

// all has all pages.
func all(site *site.Site) http.Handler {
	router := routes(site).(appHandler)
	more(router.App)
	return router
}
