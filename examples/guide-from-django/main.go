// The program of docs/from-django.md: pages in Go beside a Django site.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
	_ "github.com/jamsession/jamsession/site/all" // opens what the settings name
)

func main() {
	s, err := settings.Load(settings.System())
	if err != nil {
		log.Fatal(err)
	}
	web, err := site.Open(context.Background(), s, nil)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe(s.Get("ADDR"), web.Handler(routes(web))))
}

// routes are the URLs that have moved. All others are still Django's.
func routes(site *site.Site) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("GET /basket/{$}", site.Auth.RequireLogin(http.HandlerFunc(basket)))
	mux.Handle("POST /basket/add/{$}", site.Auth.RequireLogin(http.HandlerFunc(add)))
	return mux
}

// basketItem is what the visitor has chosen, in the session of both sites.
const basketItem = session.Item[[]string]("basket")

func basket(w http.ResponseWriter, r *http.Request) {
	items := basketItem.Get(session.From(r), nil)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, `<p>%s has %d items.
<form method="post" action="/basket/add/">%s<button name="item" value="pear">One more</button></form>`,
		auth.From(r), len(items), csrf.TemplateField(r))
}

func add(w http.ResponseWriter, r *http.Request) {
	basketItem.Update(session.From(r), nil, func(items []string) []string {
		return append(items, r.PostFormValue("item"))
	})
	http.Redirect(w, r, "/basket/", http.StatusSeeOther)
}
