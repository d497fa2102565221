package attacks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
)

// theSecret is a key, so that the store is asked for it.
var theSecret = strings.Repeat("k3y5", 8)

// secretLines are headers of a request that no log may have.
var secretLines = map[string]string{
	"Cookie":        "theme=dark; sessionid=" + theSecret + "; csrftoken=" + theSecret,
	"Authorization": "Bearer " + theSecret,
	"X-Key":         theSecret,
}

// A downStore loads nothing.
type downStore struct{ session.Store }

func (downStore) Load(context.Context, string) (session.Record, error) {
	return session.Record{}, errors.New("down")
}

// elsewhere has the key in another header.
type elsewhere struct{ session.Transport }

func (elsewhere) Vary() []string { return []string{"x-key", "cookie"} }

// dumps returns middleware that recovers panics as gin.Recovery does, on a copy of the
// request, and writes its header into the log.
func dumps(log *strings.Builder) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r = r.WithContext(r.Context())
			defer func() {
				if v := recover(); v != nil {
					header, _ := httputil.DumpRequest(r, false)
					fmt.Fprintf(log, "%v\n%s", v, header)
					w.WriteHeader(http.StatusInternalServerError)
				}
			}()
			next.ServeHTTP(w, r)
		})
	}
}

// asked returns a request with all of them.
func asked() *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	for header, line := range secretLines {
		r.Header.Set(header, line)
	}
	return r
}

// TestA21RecoveryLogsNoKey: whoever recovers the panic of Abort, of From or of a page, with
// a copy of the request, finds neither keys nor tokens in its header.
func TestA21RecoveryLogsNoKey(t *testing.T) {
	m := noerror.In(session.New(downStore{memstore.New()}, &session.Options{Transport: elsewhere{noerror.In(session.Cookies(nil))}}))
	tokens := noerror.In(csrf.New(&csrf.Options{HeaderName: "X-My-Token"}))
	bearer := noerror.In(session.New(memstore.New(), &session.Options{Transport: session.Bearer(nil)}))
	keys := secrettest.Keys(secretKey)
	notes := noerror.In(messages.New(keys, nil))
	users := noerror.In(auth.New(struct{ auth.UserStore }{}, keys, nil))
	whole := func(next http.Handler) http.Handler {
		return m.Handler(tokens.Handler(notes.Handler(users.Handler(next))))
	}
	same := func(next http.Handler) http.Handler { return next }
	bug := func(http.ResponseWriter, *http.Request) { panic("bug") }
	for _, c := range []struct {
		name           string
		around, inside func(http.Handler) http.Handler // the recovery
		page           http.HandlerFunc
	}{
		{"Abort", m.Handler, same, func(_ http.ResponseWriter, r *http.Request) { session.Abort(r, errors.New("no")) }},
		{"From", m.Handler, same, func(_ http.ResponseWriter, r *http.Request) { session.From(r) }},
		{"Manager.From", m.Handler, same, func(_ http.ResponseWriter, r *http.Request) { m.From(r) }},
		{"recovery around", same, m.Handler, bug},
		{"csrf inside", m.Handler, tokens.Handler, bug},
		{"csrf inside, nothing to check", bearer.Handler, tokens.Handler, bug},
		{"messages inside", m.Handler, notes.Handler, bug},
		{"auth inside", m.Handler, users.Handler, bug},
		{"session twice", whole, m.Handler, bug},
		{"csrf twice", whole, tokens.Handler, bug},
		{"messages twice", whole, notes.Handler, bug},
		{"auth twice", whole, users.Handler, bug},
		{"token", whole, same, func(_ http.ResponseWriter, r *http.Request) { session.From(r) }},
	} {
		r := asked()
		if c.name == "token" {
			r.Header.Set("X-My-Token", theSecret)
		}
		if c.name == "csrf inside, nothing to check" {
			r.Header.Del("X-Key") // which this manager does not know
		}
		var log strings.Builder
		w := httptest.NewRecorder()
		c.around(dumps(&log)(c.inside(c.page))).ServeHTTP(w, r)
		if w.Code < 500 || strings.Contains(log.String(), theSecret) || !strings.Contains(log.String(), "\nCookie: ***") {
			t.Errorf("%s: status %d, the log has %s", c.name, w.Code, &log)
		}
	}
}
