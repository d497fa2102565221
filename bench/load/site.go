package load

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// A library is one way to keep sessions, as the pages use it.
type library interface {
	// wrap puts the library's middleware around the pages.
	wrap(pages http.Handler) http.Handler

	// login makes the session of a visitor, with the items that a login and
	// the first page of the login example leave.
	login(r *http.Request, id, username string)

	// user reads what a page shows of who is logged in.
	user(r *http.Request) (id, username string)

	// visit changes an item: it counts.
	visit(r *http.Request)

	// visits returns the count.
	visits(r *http.Request) int
}

// site returns the pages. Django's are in django/urls.py.
func site(lib library) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, username := r.PathValue("id"), username(r.PathValue("id"))
		lib.login(r, id, username)
		greet(w, id, username)
	})
	mux.HandleFunc("GET /read", func(w http.ResponseWriter, r *http.Request) {
		id, username := lib.user(r)
		greet(w, id, username)
	})
	mux.HandleFunc("POST /write", func(w http.ResponseWriter, r *http.Request) {
		lib.visit(r)
		id, username := lib.user(r)
		greet(w, id, username)
	})
	mux.HandleFunc("GET /untouched", func(w http.ResponseWriter, _ *http.Request) {
		greet(w, "0", "Guest")
	})
	mux.HandleFunc("GET /visits", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, strconv.Itoa(lib.visits(r)))
	})
	return lib.wrap(mux)
}

// username is the name of the visitor with an id.
func username(id string) string { return "visitor" + id }

func greet(w http.ResponseWriter, id, username string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, greeting(id, username))
}

// greeting is the page that all contenders answer with.
func greeting(id, username string) string {
	return fmt.Sprintf("<!doctype html><title>Hello</title><p>Hello, %s. You are user %s.\n", username, id)
}
