package matrix

import (
	"net/http"

	"github.com/alexedwards/scs/v2"
)

// scsSite returns the pages with alexedwards/scs, as its README sets it up.
func scsSite(store scs.Store) Site {
	m := scs.New()
	m.Store = store
	page := func(f func(r *http.Request)) http.Handler {
		return m.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			f(r)
			_, _ = w.Write(body)
		}))
	}
	login := func(r *http.Request) {
		m.Put(r.Context(), userItem, user)
		m.Put(r.Context(), backendItem, backend)
		m.Put(r.Context(), hashItem, hash)
	}
	return netSite{
		Untouched: m.LoadAndSave(noMiddleware),
		Read: page(func(r *http.Request) {
			must(m.GetString(r.Context(), userItem) == user, "the item is not there")
		}),
		ReadWrite: page(func(r *http.Request) {
			m.Put(r.Context(), countItem, m.GetInt(r.Context(), countItem)+1)
		}),
		Create: page(login),
		Fill: page(func(r *http.Request) {
			login(r)
			m.Put(r.Context(), countItem, 1)
		}),
		FillLarge: page(func(r *http.Request) {
			login(r)
			m.Put(r.Context(), countItem, 1)
			m.Put(r.Context(), largeItem, large)
		}),
		Rotate: page(func(r *http.Request) { mustNot(m.RenewToken(r.Context())) }),
		Logout: page(func(r *http.Request) { mustNot(m.Destroy(r.Context())) }),
		Show: m.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			show(w, m.GetInt(r.Context(), countItem))
		})),
	}
}
