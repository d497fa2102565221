package console

import (
	"bytes"
	"cmp"
	"embed"
	"html/template"
	"maps"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/internal/httpcache"
	"github.com/jamsession/jamsession/internal/printable"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
)

//go:embed templates style.css script.js icon.svg
var files embed.FS

// pages are the templates by the name of their file, each inside of base.html.
type pages map[string]*template.Template

func parsePages() (pages, error) {
	all := make(pages)
	for _, name := range []string{
		"overview", "users", "user", "sessions", "session", "limits", "settings", "failure",
	} {
		t, err := template.New("base.html").Funcs(functions).
			ParseFS(files, "templates/base.html", "templates/"+name+".html")
		if err != nil {
			return nil, err
		}
		all[name] = t
	}
	return all, nil
}

// functions are what templates call.
var functions = template.FuncMap{
	"text": printable.Text, // what strangers have written
	"ago":  ago,
	"in":   untilWords,
	"utc":  func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
	"iso":  func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"id":   segment,
	"wait": inWords,

	"since": func(t time.Time) string { return roughly(time.Since(t)) },

	"bucket": func(name string) string { return cmp.Or(ofBucket[name], name) },
}

// A page is what templates see.
type page struct {
	Title    string
	Section  string // of the navigation
	Root     string // leads to the overview
	Here     string // the page's own address below that, to come back to
	Viewer   viewer
	ReadOnly bool
	CSRF     template.HTML
	Messages func() []messages.Message
	Data     any
}

// setHeaders is for all answers. Nothing is kept, nothing is loaded from elsewhere, nothing is
// in a frame, and there are no exceptions.
func setHeaders(w http.ResponseWriter, r *http.Request) {
	httpcache.Require(r.Context(), w.Header(), httpcache.NoStore)
	maps.Copy(w.Header(), http.Header{
		"Content-Security-Policy": {"default-src 'none'; style-src 'self'; script-src 'self'; " +
			"img-src 'self'; connect-src 'self'; form-action 'self'; " +
			"base-uri 'none'; frame-ancestors 'none'"},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"Referrer-Policy":              {"same-origin"}, // csrf compares it
		"X-Content-Type-Options":       {"nosniff"},
		"X-Frame-Options":              {"DENY"},
		"X-Robots-Tag":                 {"noindex, nofollow"},
	})
}

// render writes a page, which is made in memory first: one that fails leaves no half behind.
func (c *Console) render(w http.ResponseWriter, r *request, status int, name string, p page) {
	p.Root, p.Viewer, p.ReadOnly = r.root(), r.viewer, c.opts.ReadOnly
	p.CSRF, p.Messages = csrf.TemplateField(r.Request), messages.Func(r.Request)
	if r.Header.Get("X-Requested-With") != "" { // the script, which shows none
		p.Messages = func() []messages.Message { return nil }
	}
	if found, _, _ := find(http.MethodGet, r.path); found != nil && status != http.StatusNotFound {
		p.Here = r.path
		if r.URL.RawQuery != "" {
			p.Here += "?" + r.URL.RawQuery
		}
	}
	var buf bytes.Buffer
	if err := c.pages[name].Execute(&buf, p); err != nil {
		session.Abort(r.Request, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = buf.WriteTo(w) // the visitor may have gone
}

// fail answers with a page that says why there is no other.
func (c *Console) fail(w http.ResponseWriter, r *request, status int, title, text string) {
	c.render(w, r, status, "failure", page{Title: title, Data: text})
}

// asset serves an embedded file.
func asset(name, contentType string) func(*Console, http.ResponseWriter, *request) {
	return func(_ *Console, w http.ResponseWriter, _ *request) {
		content, err := files.ReadFile(name)
		if err != nil {
			panic(err) // it is embedded
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(content)
	}
}

// again is behind a recent login, and leads back to a page.
func (c *Console) again(w http.ResponseWriter, r *request) {
	to := c.ownPage(r.URL.Query().Get("next"))
	c.site.Auth.RequireFresh(c.opts.RecentLogin, http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) { redirect(w, r.root()+to) },
	)).ServeHTTP(w, r.Request)
}
