package matrix

import (
	stdcontext "context"
	"net/http"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/metrics"
	"github.com/jamsession/jamsession/session"
)

// context is what requests carry: like a server's, one that can be cancelled,
// since that costs some drivers a goroutine.
func context() stdcontext.Context { return requests }

var requests, _ = stdcontext.WithCancel(stdcontext.Background())

// jamsession returns the pages as this library makes them.
func jamsession(store session.Store, codec session.Codec) Site {
	return pagesOf(noerror.In(session.New(store, &session.Options{Codec: codec})))
}

// measured is jamsession with metrics, as each site has them that package site opens.
func measured(store session.Store) Site {
	return pagesOf(noerror.In(session.New(store, &session.Options{Probe: metrics.New(nil)})))
}

func pagesOf(m *session.Manager) Site {
	page := func(f func(s *session.Session)) http.Handler {
		return m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			f(session.From(r))
			_, _ = w.Write(body)
		}))
	}
	login := func(s *session.Session) {
		s.Set(userItem, user)
		s.Set(backendItem, backend)
		s.Set(hashItem, hash)
	}
	return netSite{
		Untouched: m.Handler(noMiddleware),
		Read: page(func(s *session.Session) {
			must(session.Item[string](userItem).Get(s, "") == user, "the item is not there")
		}),
		ReadWrite: page(func(s *session.Session) {
			session.Item[int](countItem).Update(s, 0, func(n int) int { return n + 1 })
		}),
		Create: page(login),
		Fill: page(func(s *session.Session) {
			login(s)
			s.Set(countItem, 1)
		}),
		FillLarge: page(func(s *session.Session) {
			login(s)
			s.Set(countItem, 1)
			s.Set(largeItem, large)
		}),
		Rotate: page((*session.Session).CycleKey),
		Logout: logout(m),
		Show: m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			show(w, session.Item[int](countItem).Get(session.From(r), 0))
		})),
	}
}

// logout is that of package auth, on a site that wants to know nothing of it.
func logout(m *session.Manager) http.Handler {
	logins, err := auth.New(nobody{}, secrettest.Keys(secret), nil)
	mustNot(err)
	return m.Handler(logins.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		logins.Logout(r)
		_, _ = w.Write(body)
	})))
}

// nobody has no users.
type nobody struct{ auth.UserStore }

// noMiddleware is a page without sessions.
var noMiddleware = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write(body)
})

// shown is what the page Show was about, for tests.
var shown int

func show(w http.ResponseWriter, n int) {
	shown = n
	_, _ = w.Write(body)
}
