package matrix

import (
	"strings"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/session"
	"github.com/valyala/fasthttp"
)

// fiberSite returns the pages with gofiber's session middleware on its own
// memory, as its documentation sets it up. It runs on fasthttp, so that its
// requests are not those of net/http.
func fiberSite() Site {
	_, store := session.NewWithStore()
	return fiberPages{store}
}

type fiberPages struct{ store *session.Store }

func (s fiberPages) page(p Page) fiber.Handler {
	login := func(m *session.Middleware) {
		m.Set(userItem, user)
		m.Set(backendItem, backend)
		m.Set(hashItem, hash)
	}
	return func(c fiber.Ctx) error {
		m := session.FromContext(c)
		switch p {
		case Read:
			must(m.Get(userItem) == user, "the item is not there")
		case ReadWrite:
			m.Set(countItem, m.Get(countItem).(int)+1)
		case Create:
			login(m)
		case Fill, FillLarge:
			login(m)
			m.Set(countItem, 1)
			if p == FillLarge {
				m.Set(largeItem, large)
			}
		case Rotate:
			mustNot(m.Regenerate())
		case Logout:
			mustNot(m.Destroy())
		case Show:
			shown = m.Get(countItem).(int)
		}
		return c.Send(body)
	}
}

func (s fiberPages) visit(p Page) visitor {
	app := fiber.New()
	app.Use(session.New(session.Config{Store: s.store}))
	app.Get("/", s.page(p))
	h := app.Handler()
	ctx := &fasthttp.RequestCtx{}
	return func(cookie string) string {
		ctx.Request.Reset()
		ctx.Response.Reset()
		ctx.Request.Header.SetMethod("GET")
		ctx.Request.SetRequestURI("http://example.com/")
		if cookie != "" {
			ctx.Request.Header.Set("Cookie", cookie)
		}
		h(ctx)
		must(ctx.Response.StatusCode() == 200, "the page failed")
		set := ""
		for _, line := range ctx.Response.Header.Cookies() {
			set = string(line)
		}
		set, _, _ = strings.Cut(set, ";")
		return set
	}
}
