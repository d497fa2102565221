package session_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// A mobile program gets its key in a header, and sends it in one.
func ExampleBearer() {
	cookies, err := session.Cookies(nil) // for the pages of the same site
	if err != nil {
		fmt.Println(err)
		return
	}
	sessions, err := session.New(memstore.New(), &session.Options{Transport: session.Bearer(cookies)})
	if err != nil {
		fmt.Println(err)
		return
	}
	api := sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := session.Item[int]("calls").Update(session.From(r), 0, func(n int) int { return n + 1 })
		fmt.Fprintln(w, "call number", n)
	}))

	var key string // none yet
	for range 2 {
		r, w := httptest.NewRequest("GET", "/api", nil), httptest.NewRecorder()
		r.Header.Set("Authorization", "Bearer "+key)
		api.ServeHTTP(w, r)
		if sent := w.Header().Get(session.KeyHeader); sent != "" {
			key = sent
		}
		fmt.Print(w.Body)
	}
	// Output:
	// call number 1
	// call number 2
}
