package csrf

import (
	"html/template"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/httpcache"
	"github.com/jamsession/jamsession/internal/httpcookie"
	"github.com/jamsession/jamsession/internal/setcookie"
	"github.com/jamsession/jamsession/internal/travel"
	"github.com/jamsession/jamsession/session"
)

// Token returns a token for this visitor, to be sent back in a form or a
// header. It differs at each call. The response gets the cookie, even if the
// visitor has it already, so call Token before the first byte is written, from
// the handler's goroutine: it changes the header. The response is marked
// "private" when it begins, so that no cache gives it to another visitor; a
// stricter Cache-Control of the handler stays, whichever comes first.
//
// A request that needs no token, since its session's key is not ambient, gets one that is
// valid nowhere, and no cookie.
//
// Token panics if the request did not pass through [Protection.Handler].
func Token(r *http.Request) string {
	x := exchangeOf(r.Context())
	if x == nil && !travel.Of(r.Context()).Ambient {
		return mask(newSecret(), newSecret())
	}
	if x == nil {
		panic("csrf: Token: the request did not pass through Protection.Handler")
	}
	httpcache.Require(x, x.header, httpcache.Private)
	return mask(x.current(), newSecret())
}

// TemplateField returns the hidden input element that every POST form needs,
// with a new [Token].
func TemplateField(r *http.Request) template.HTML {
	// a token is letters and digits only
	return template.HTML(`<input type="hidden" name="` + fieldName + `" value="` + Token(r) + `">`)
}

// Rotate gives the visitor a new secret, so that all tokens from before are refused from
// now on. Do it whenever the visitor gains rights; auth.Manager.Login does. Like [Token],
// it changes the header. Without [Protection.Handler] it does nothing.
func Rotate(r *http.Request) {
	if x := exchangeOf(r.Context()); x != nil {
		x.replace()
	}
}

// begin reads the cookie, and replaces it if it is malformed.
func (x *exchange) begin() {
	if x.p.opts.UseSessions {
		if !safe(x.req.Method) {
			session.From(x.req) // a store that is down does not mean a forgery
		}
		return
	}
	value, ok := httpcookie.Lookup(x.req.Header, x.p.opts.Cookie.Name)
	secret, flaw := parseToken(value)
	x.secret = secret
	if ok && flaw != "" {
		x.replace()
	}
}

// current returns the visitor's secret, which may be new.
func (x *exchange) current() string {
	if x.p.opts.UseSessions {
		text := secretItem.Get(session.From(x.req), "")
		if secret, flaw := parseToken(text); flaw == "" {
			return secret
		}
		return x.replace()
	}
	if x.secret == "" {
		return x.replace()
	}
	x.send()
	return x.secret
}

// replace makes a new secret. In the session it is masked, which is the form that all
// versions of Django accept there; up to 4.0 they refuse an unmasked one.
func (x *exchange) replace() string {
	secret := newSecret()
	if x.p.opts.UseSessions {
		secretItem.Set(session.From(x.req), mask(secret, newSecret()))
		return secret
	}
	x.secret = secret
	x.send()
	return secret
}

// send puts the cookie into the response, in place of an older one, but not of one that
// a server behind the handler has sent: its page has the token to that. No shared
// cache may have it: a visitor who got the secret from one could forge the
// others' requests (CVE-2014-0473).
func (x *exchange) send() {
	x.p.hint.Give(x.p.opts.Logger, &x.p.opts.Cookie, x.req)
	x.sent.Send(x, x.header, x.cookie(time.Now()), httpcache.Private, x.req.URL.Path)
}

func (x *exchange) cookie(now time.Time) httpcookie.Cookie {
	o := &x.p.opts
	c := setcookie.New(&o.Cookie, x.req, x.secret)
	c.Secure = c.Secure || o.Cookie.Secure == cookie.SecureAuto && o.IsSecure(x.req)
	if o.CookieAge > 0 {
		c.Last(o.CookieAge, now)
	}
	return c
}
