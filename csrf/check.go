package csrf

import (
	"errors"
	"mime"
	"net/http"

	"github.com/jamsession/jamsession/internal/httpcookie"
	"github.com/jamsession/jamsession/internal/travel"
	"github.com/jamsession/jamsession/internal/wants"
	"github.com/jamsession/jamsession/session"
)

const (
	fieldName = "csrfmiddlewaretoken"

	maxForm    = 10 << 20 // bytes of an URL-encoded form, as in net/http
	formMemory = 1 << 20  // bytes of a multipart form that need no file
)

// secretItem is the secret in the session, as in Django.
const secretItem = session.Item[string]("_csrftoken")

// Check returns nil if r may do what it asks for, or else an *[Error] that
// wraps the check that failed. The checks are, in Django's order:
//
//  1. A request passes whose session's key is not ambient, such as one that
//     [session.Bearer] finds in the header Authorization: no page of another site can
//     have it sent. So do the methods GET, HEAD, OPTIONS and TRACE, unless the request
//     is the handshake of a WebSocket: of that, an Origin header is checked as in 2, and
//     nothing else. Django has no such check.
//  2. If there is an Origin header, it is this site's scheme and host, or a
//     trusted origin ([ErrOrigin]). The Host header may be in capitals, and have the port
//     that is the scheme's default.
//  3. Otherwise, over HTTPS, there is a Referer of this host, or of the
//     cookie's domain, or of a trusted origin ([ErrReferer]).
//  4. Options.CrossOrigin, if it is set, lets it pass ([ErrOrigin]). Django
//     has no such check.
//  5. The cookie or the session holds a secret ([ErrCookie]).
//  6. A POST form has a field csrfmiddlewaretoken, or else there is a header
//     X-CSRFToken, with a token for that secret ([ErrToken], [ErrTooLarge]).
//
// To find the field, Check parses the form, and its handler finds it in
// r.PostForm and r.MultipartForm. A multipart form is left alone if there is
// the header, and so is any other body. With Options.UseSessions the error of
// session.Load is passed on: nothing is known about the request then.
func (p *Protection) Check(r *http.Request) error {
	switch {
	case !travel.Of(r.Context()).Ambient:
		return nil
	case wants.WebSocket(r) && (safe(r.Method) || r.Method == http.MethodConnect):
		return p.checkHandshake(r)
	case safe(r.Method):
		return nil
	}
	if err := p.checkSource(r); err != nil {
		return err
	}
	if err := p.checkCrossOrigin(r); err != nil {
		return err
	}
	stored, err := p.stored(r)
	if err != nil {
		return err
	}
	secret, flaw := parseToken(stored)
	if flaw != "" {
		return refuse(ErrCookie, "CSRF cookie %s.", flaw)
	}
	token, source, err := p.submitted(r)
	if err != nil {
		return err
	}
	given, flaw := parseToken(token)
	if flaw == "" && !sameSecret(given, secret) {
		flaw = "incorrect"
	}
	if flaw != "" {
		return refuse(ErrToken, "CSRF token from %s %s.", source, flaw)
	}
	return nil
}

func safe(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	default:
		return false
	}
}

// stored returns the visitor's secret as the cookie or the session has it.
func (p *Protection) stored(r *http.Request) (string, error) {
	if !p.opts.UseSessions {
		value, ok := httpcookie.Lookup(r.Header, p.opts.Cookie.Name)
		if !ok {
			return "", refuse(ErrCookie, "CSRF cookie not set.")
		}
		return value, nil
	}
	s, err := session.Load(r)
	if err != nil {
		return "", err
	}
	value, err := secretItem.Lookup(s)
	if errors.Is(err, session.ErrNoItem) {
		return "", refuse(ErrCookie, "CSRF cookie not set.")
	}
	return value, nil // an item that is not a text is empty: of incorrect length
}

// submitted returns the token that was sent along, and where it was. A field
// that is there counts, even if it is wrong and a header is right.
func (p *Protection) submitted(r *http.Request) (token, source string, err error) {
	inHeader, ok := header(r, p.opts.HeaderName)
	if r.Method == http.MethodPost {
		token, err = p.formField(r, ok)
		if token != "" || err != nil {
			return token, "POST", err
		}
	}
	if !ok {
		return "", "", refuse(ErrToken, "CSRF token missing.")
	}
	name := http.CanonicalHeaderKey(p.opts.HeaderName)
	return inHeader, "the '" + name + "' HTTP header", nil
}

// formField returns the token in the form, or "".
func (p *Protection) formField(r *http.Request, inHeader bool) (string, error) {
	limit := p.opts.MaxFormBytes
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case mediaType == "application/x-www-form-urlencoded":
		if limit < 0 || limit > maxForm {
			limit = maxForm
		}
	case mediaType != "multipart/form-data", inHeader:
		return "", nil
	}
	if r.PostForm == nil && r.Body != nil && limit >= 0 {
		r.Body = http.MaxBytesReader(nil, r.Body, limit)
	}
	err := parseForm(r, mediaType)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return "", refuse(ErrTooLarge, "CSRF token not looked for, the form is too large.")
	}
	fields := append([]string{""}, r.PostForm[fieldName]...)
	return fields[len(fields)-1], nil // what cannot be parsed holds no token
}

func parseForm(r *http.Request, mediaType string) error {
	err := r.ParseForm()
	if mediaType == "multipart/form-data" {
		err = r.ParseMultipartForm(formMemory) // ParseForm saw the URL only
	}
	return err
}
