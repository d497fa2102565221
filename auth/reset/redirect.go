package reset

import (
	"html"
	"io"
	"net/http"
	"net/url"

	"github.com/jamsession/jamsession/internal/httpcache"
	"github.com/jamsession/jamsession/internal/httpcookie"
	"github.com/jamsession/jamsession/internal/safeurl"
	"github.com/jamsession/jamsession/internal/travel"
)

// Redirect answers a request whose token [Resets.Open] has moved: it sends the visitor to
// the URL with [KeptToken]. It is http.Redirect, also below an [http.StripPrefix], except
// under SameSite=Strict. Browsers keep such a cookie back from a redirect that answers a
// click in a web mail; so the answer is then a page that goes on by itself, without a
// script, as a page of this site.
func Redirect(w http.ResponseWriter, r *http.Request, to string) {
	switch {
	case staysBehind(r):
		goOn(w, r, askedAgain(r))
	case travel.Of(r.Context()).Strict && r.Header.Get("Sec-Fetch-Site") == "":
		goOn(w, r, to) // a browser from before 2023, which does not say where the link was
	default:
		http.Redirect(w, r, absolute(r, to), http.StatusFound)
	}
}

// absolute resolves an address as the browser does. http.Redirect knows no prefix that an
// http.StripPrefix has removed.
func absolute(r *http.Request, to string) string {
	base, err := url.Parse(safeurl.OfRequest(r))
	if err != nil {
		return to
	}
	resolved, err := base.Parse(to)
	if err != nil {
		return to
	}
	return resolved.String()
}

// againParam is in the address from which the browser asks once more.
const againParam = "again"

// staysBehind reports whether the browser may have kept the session's cookie back. It asks
// once more from a page of this site, whether it has the cookie or not, and never a third
// time: a tab that the sandbox of a web mail has opened says cross-site from any page.
func staysBehind(r *http.Request) bool {
	way := travel.Of(r.Context())
	if !way.Strict || r.Header.Get("Sec-Fetch-Site") != "cross-site" || r.URL.Query().Has(againParam) {
		return false
	}
	_, sent := httpcookie.Lookup(r.Header, way.CookieName)
	return !sent
}

// askedAgain returns the address of the request with againParam.
func askedAgain(r *http.Request) string {
	separator := "?"
	if r.URL.RawQuery != "" {
		separator = "&"
	}
	return safeurl.OfRequest(r) + separator + againParam
}

func goOn(w http.ResponseWriter, r *http.Request, to string) {
	h := w.Header()
	httpcache.Require(r.Context(), h, httpcache.NoStore)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Referrer-Policy", "no-referrer") // the page has no form, which would need one
	_, _ = io.WriteString(w, goOnPage(to))  // the visitor may have gone
}

// goOnPage leads on by itself. It loads nothing, so that no other site learns its address.
func goOnPage(to string) string {
	to = html.EscapeString(to)
	return `<!DOCTYPE html>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="0; url=` + to + `">
<title>New password</title>
<p><a href="` + to + `">Continue</a></p>
`
}
