package attacks

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
)

// TestTwoOwnersOfOneCookieStopAtTheFirstRequest: each would replace what the
// other sends, without a word.
func TestTwoOwnersOfOneCookieStopAtTheFirstRequest(t *testing.T) {
	shared := cookie.Options{Name: "shared"}
	sessions := func(o session.Options) func(http.Handler) http.Handler {
		return noerror.In(session.New(memstore.New(), &o)).Handler
	}
	forms := func(o csrf.Options) func(http.Handler) http.Handler { return noerror.In(csrf.New(&o)).Handler }
	notices := func(o messages.Options) func(http.Handler) http.Handler {
		return noerror.In(messages.New(secrettest.Keys(secretKey), &o)).Handler
	}
	cookies := noerror.In(session.Cookies(&shared))
	outer, other := sessions(session.Options{Cookie: shared}), sessions(session.Options{})
	for name, c := range map[string]struct {
		handlers []func(http.Handler) http.Handler // the outermost first
		stopped  string                            // whose handler
	}{
		"sessions":              {chain(outer, sessions(session.Options{Cookie: shared})), "session"},
		"a session around two":  {chain(outer, other, sessions(session.Options{Cookie: shared})), "session"},
		"a bearer and a cookie": {chain(sessions(session.Options{Transport: session.Bearer(cookies)}), outer), "session"},
		"forms":                 {chain(outer, forms(csrf.Options{Cookie: shared})), "csrf"},
		"forms within two":      {chain(outer, other, forms(csrf.Options{Cookie: shared})), "csrf"},
		"messages":              {chain(outer, notices(messages.Options{Cookie: shared})), "messages"},

		"other names":             {chain(outer, other, forms(csrf.Options{}), notices(messages.Options{})), ""},
		"a manager in itself":     {chain(outer, outer), ""},
		"a secret in the session": {chain(outer, forms(csrf.Options{UseSessions: true})), ""},
		"messages in the session": {
			chain(outer, notices(messages.Options{Cookie: shared, Storage: messages.StorageSession})), "",
		},
	} {
		var h http.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
		for i := range c.handlers {
			h = c.handlers[len(c.handlers)-1-i](h)
		}
		func() {
			defer func() {
				v := recover()
				text := fmt.Sprint(v)
				if c.stopped == "" && v != nil ||
					c.stopped != "" && !strings.HasPrefix(text, c.stopped+`: the cookie "shared" is that of a session`) {
					t.Errorf("%s: panic %v", name, v)
				}
			}()
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
		}()
	}
}

func chain(list ...func(http.Handler) http.Handler) []func(http.Handler) http.Handler { return list }
