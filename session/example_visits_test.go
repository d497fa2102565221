package session_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"

	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

const (
	username = session.Item[string]("username")
	visits   = session.Item[int]("visits")
)

func welcome(w http.ResponseWriter, r *http.Request) {
	s := session.From(r)
	name := username.Get(s, "Guest")
	n := visits.Update(s, 0, func(n int) int { return n + 1 })
	fmt.Fprintf(w, "Hello, %s. This is visit number %d.\n", name, n)
}

// The smallest program that uses a session, and a browser that visits it.
func Example() {
	sessions, err := session.New(memstore.New(), nil)
	if err != nil {
		log.Fatal(err)
	}
	site := sessions.Handler(http.HandlerFunc(welcome))
	server := httptest.NewServer(site) // a program calls http.ListenAndServe
	defer server.Close()

	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar}
	for range 2 {
		page, err := browser.Get(server.URL)
		if err != nil {
			fmt.Println(err)
			return
		}
		_, _ = io.Copy(os.Stdout, page.Body)
		_ = page.Body.Close()
	}
	// Output:
	// Hello, Guest. This is visit number 1.
	// Hello, Guest. This is visit number 2.
}
