// Package travel lets other packages find out how a request transports the key
// of its session, so that the program need not configure it.
package travel

import (
	"context"
	"strconv"
)

// A Way is how the keys of a request's sessions travel.
type Way struct {
	// Ambient: browsers add one of the keys by themselves, as they do with
	// cookies, so that other sites can have a request sent that carries it.
	Ambient bool

	// CookieName and CookieDomain are of the session's cookie, if there is one.
	CookieName, CookieDomain string

	// Strict: browsers keep that cookie back from a request that a page of another site
	// caused, such as a click on a link in a web mail, and from the redirects that answer it.
	Strict bool

	// Outer is the way of the session around this one, or nil.
	Outer *Way
}

// Claim panics if a session that the way belongs to, or one around it, has a
// cookie of this name: each of the two would read and replace what the other
// has sent. The owner is the package of the handler that wants the cookie.
func (w *Way) Claim(owner, name string) {
	for ; w != nil; w = w.Outer {
		if name != "" && w.CookieName == name {
			panic(owner + ": the cookie " + strconv.Quote(name) +
				" is that of a session around this handler; give one of them another name")
		}
	}
}

// key is what a context is asked for.
type key struct{}

// Value is for the method Value of a context that carries a Way: it returns
// the Way if it is asked for.
func (w *Way) Value(k any) any {
	if k == (key{}) {
		return w
	}
	return nil
}

// Of returns the way of the innermost session that the context carries. If
// there is none, nobody has said that a request is not ambient.
func Of(ctx context.Context) Way {
	if w, ok := ctx.Value(key{}).(*Way); ok {
		return *w
	}
	return Way{Ambient: true}
}
