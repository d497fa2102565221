package matrix

import (
	"net/http"

	"github.com/gin-contrib/sessions"
	"github.com/gin-gonic/gin"
)

// ginSite returns the pages with gin-contrib/sessions, as its README sets it
// up. It cannot rotate a key.
func ginSite(store sessions.Store) Site {
	gin.SetMode(gin.ReleaseMode)
	page := func(f func(s sessions.Session)) http.Handler {
		return ginPage(store, func(c *gin.Context) {
			if f != nil {
				f(sessions.Default(c))
			}
			_, _ = c.Writer.Write(body)
		})
	}
	write := func(change func(s sessions.Session)) http.Handler {
		return page(func(s sessions.Session) {
			change(s)
			mustNot(s.Save())
		})
	}
	login := func(s sessions.Session) {
		s.Set(userItem, user)
		s.Set(backendItem, backend)
		s.Set(hashItem, hash)
	}
	return netSite{
		Untouched: page(nil),
		Read: page(func(s sessions.Session) {
			must(s.Get(userItem) == user, "the item is not there")
		}),
		ReadWrite: write(func(s sessions.Session) { s.Set(countItem, s.Get(countItem).(int)+1) }),
		Create:    write(login),
		Fill: write(func(s sessions.Session) {
			login(s)
			s.Set(countItem, 1)
		}),
		FillLarge: write(func(s sessions.Session) {
			login(s)
			s.Set(countItem, 1)
			s.Set(largeItem, large)
		}),
		Show: ginPage(store, func(c *gin.Context) {
			show(c.Writer, sessions.Default(c).Get(countItem).(int))
		}),
	}
}

func ginPage(store sessions.Store, h gin.HandlerFunc) http.Handler {
	e := gin.New()
	e.Use(sessions.Sessions(sessionName, store))
	e.GET("/", h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { e.ServeHTTP(w, sameRequest(r)) })
}
