package cookiestore_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/jamsession/jamsession/cookiestore"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

func ExampleNew() {
	keys, err := secret.NewKeys("take-this-from-the-environment-and-not-from-code")
	if err != nil {
		fmt.Println(err)
		return
	}
	// With a list, a logout ends the session, too, and not only its cookie.
	store, err := cookiestore.New(keys, &cookiestore.Options{Revoked: memstore.New()})
	if err != nil {
		log.Fatal(err)
	}
	sessions, err := session.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	page := sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visits := session.Item[int]("visits").Update(session.From(r), 0, func(n int) int { return n + 1 })
		fmt.Fprintf(w, "visit %d", visits)
	}))

	first := httptest.NewRecorder()
	page.ServeHTTP(first, httptest.NewRequest("GET", "/", nil))
	fmt.Println(first.Body)

	again := httptest.NewRequest("GET", "/", nil)
	again.AddCookie(first.Result().Cookies()[0])
	second := httptest.NewRecorder()
	page.ServeHTTP(second, again)
	fmt.Println(second.Body)
	// Output:
	// visit 1
	// visit 2
}
