package matrix

import (
	"net/http"

	"github.com/gorilla/sessions"
)

const sessionName = "session"

// gorillaSite returns the pages with gorilla/sessions, as its README sets it
// up. It cannot rotate a key.
func gorillaSite(store sessions.Store) Site {
	read := func(r *http.Request) map[any]any {
		s, err := store.Get(r, sessionName)
		mustNot(err)
		return s.Values
	}
	page := func(f func(w http.ResponseWriter, r *http.Request)) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			f(w, sameRequest(r))
			_, _ = w.Write(body)
		})
	}
	write := func(change func(items map[any]any)) http.Handler {
		return page(func(w http.ResponseWriter, r *http.Request) {
			s, err := store.Get(r, sessionName)
			mustNot(err)
			change(s.Values)
			mustNot(s.Save(r, w))
		})
	}
	return netSite{
		Untouched: noMiddleware,
		Read: page(func(_ http.ResponseWriter, r *http.Request) {
			must(read(r)[userItem] == user, "the item is not there")
		}),
		ReadWrite: write(countUp),
		Create:    write(loginItems),
		Fill: write(func(items map[any]any) {
			loginItems(items)
			items[countItem] = 1
		}),
		FillLarge: write(func(items map[any]any) {
			loginItems(items)
			items[countItem] = 1
			items[largeItem] = large
		}),
		Show: page(func(w http.ResponseWriter, r *http.Request) { show(w, read(r)[countItem].(int)) }),
	}
}

// sameRequest gives a request that is used again a context of its own, as each
// request of a server has: gorilla keeps what it has loaded there.
func sameRequest(r *http.Request) *http.Request { return r.WithContext(r.Context()) }

func loginItems(items map[any]any) {
	items[userItem] = user
	items[backendItem] = backend
	items[hashItem] = hash
}

func countUp(items map[any]any) { items[countItem] = items[countItem].(int) + 1 }
