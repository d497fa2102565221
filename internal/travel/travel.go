// Package travel tells the packages beside session how the key of a request's
// session travels, so that they need not be told by the program.
package travel

import "context"

// A Way is how the keys of a request's sessions travel.
type Way struct {
	// Ambient: browsers add one of the keys by themselves, as they do with
	// cookies, so that other sites can have a request sent that carries it.
	Ambient bool

	// CookieDomain is the Domain of the session's cookie, if there is one.
	CookieDomain string
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
