package csrf

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"strings"

	"github.com/jamsession/jamsession/internal/wants"
)

var (
	//go:embed failure.html
	failurePage string

	//go:embed failure.css
	failureStyle string
)

// An advice says what to do about a check that failed.
type advice struct {
	check     error
	visitor   string
	developer string
}

var advices = []advice{
	{
		ErrOrigin, "Open this site in a tab of its own and try again from there.",
		"The Origin header must be this site's scheme and host. Behind a proxy, pass on the Host " +
			"header and set Options.IsSecure. To accept forms of another site, add its origin to " +
			"TrustedOrigins.",
	},
	{
		ErrReferer, "Your browser, or an extension of it, hides which page you came from. Allow it to " +
			"send the Referer header to this site, and try again.",
		"The page with the form must not have the policy no-referrer; same-origin is fine. Behind " +
			"a proxy, pass on the Host header. To accept forms of another site, add its origin to " +
			"TrustedOrigins.",
	},
	{
		ErrCookie, "Allow cookies for this site. Then go back, reload the page and try again.",
		"The page with the form must call csrf.Token or csrf.TemplateField before it writes its " +
			"first byte. A Secure cookie does not travel over plain HTTP, and Domain and " +
			"Path of Options.Cookie must fit this address.",
	},
	{
		ErrToken, "The page with the form is out of date; you may have logged in or out since. " +
			"Go back, reload it and try again.",
		"Put csrf.TemplateField into every POST form. A script sends csrf.Token in the header that " +
			"is named in Options.HeaderName, X-CSRFToken by default.",
	},
	{
		ErrTooLarge, "What you send is too large. Try again with less or smaller files.",
		"Raise Options.MaxFormBytes, or let a script send csrf.Token in a header: then the form is " +
			"not read to find it.",
	},
}

// Fail is the FailureHandler of options without one, for others that only answer some
// requests by themselves.
func Fail(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusForbidden
	if errors.Is(err, ErrTooLarge) {
		status = http.StatusRequestEntityTooLarge
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		e = &Error{Reason: err.Error(), check: err}
	}
	contentType, body := failureBody(r, e)
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-store")
	if h.Get("Content-Security-Policy") == "" {
		h.Set("Content-Security-Policy", failurePolicy)
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // there is nobody to tell
}

func failureBody(r *http.Request, e *Error) (contentType string, body []byte) {
	script := !wants.Page(r) || r.Header.Get("Sec-Fetch-Dest") == "empty"
	switch wanted := wants.BodyOf(r); {
	case wanted == wants.JSON:
		body, _ = json.Marshal(map[string]string{"error": "csrf", "reason": e.Reason})
		return "application/json", append(body, '\n')
	case wanted == wants.Text, script:
		return "text/plain; charset=utf-8", []byte("Forbidden: " + e.Reason + "\n")
	default:
		return "text/html; charset=utf-8", failureHTML(e)
	}
}

// failureHTML fills in the page without a template: html/template finds methods by their
// names, and so each site would link every method of every type, a fifth of its size.
func failureHTML(e *Error) []byte {
	var visitor, developer string
	for _, a := range advices {
		if errors.Is(e, a.check) {
			visitor, developer = a.visitor, a.developer
		}
	}
	return []byte(strings.NewReplacer(
		"{{style}}", failureStyle,
		"{{visitor}}", paragraph("<strong>", visitor, "</strong>"),
		"{{reason}}", html.EscapeString(e.Reason),
		"{{advice}}", paragraph("", e.Advice, ""),
		"{{developer}}", paragraph("", developer, ""),
	).Replace(failurePage))
}

// paragraph is empty without a text.
func paragraph(before, text, after string) string {
	if text == "" {
		return ""
	}
	return "<p>" + before + html.EscapeString(text) + after + "</p>\n"
}

// failurePolicy allows the page its own style and nothing else.
var failurePolicy = func() string {
	sum := sha256.Sum256([]byte(failureStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()
