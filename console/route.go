package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/internal/safeurl"
)

// A route is a page or an action.
type route struct {
	method  string // GET is HEAD, too
	pattern string // of segments; {} is any
	level   level  // that it needs
	fresh   bool   // it needs a recent login
	serve   func(c *Console, w http.ResponseWriter, r *request)
}

// routes are all that there is.
var routes []route

func init() { // the functions refer to the routes
	routes = []route{
		{"GET", "", levelRead, false, (*Console).overview},
		{"GET", "users/", levelRead, false, (*Console).searchUsers},
		{"GET", "users/{}/", levelRead, false, (*Console).user},
		{"POST", "users/{}/end/", levelWrite, true, (*Console).endDevice},
		{"POST", "users/{}/end-all/", levelWrite, true, (*Console).endAll},
		{"POST", "users/{}/lift/", levelWrite, true, (*Console).liftUser},
		{"GET", "users/{}/devices/{}/", levelRead, false, (*Console).deviceSession},
		{"GET", "sessions/", levelRead, false, (*Console).sessions},
		{"POST", "sessions/open/", levelRead, false, (*Console).openByKey},
		{"GET", "sessions/{}/", levelRead, false, (*Console).session},
		{"POST", "sessions/{}/values/", levelRead, true, (*Console).showValues},
		{"POST", "sessions/{}/end/", levelWrite, true, (*Console).endSession},
		{"GET", "limits/", levelRead, false, (*Console).limits},
		{"POST", "limits/lift/", levelWrite, true, (*Console).liftLimit},
		{"GET", "settings/", levelRead, false, (*Console).settings},
		{"GET", "again/", levelRead, false, (*Console).again},
		{"GET", "events", levelRead, false, (*Console).events},
		{"GET", "style.css", levelRead, false, asset("style.css", "text/css; charset=utf-8")},
		{"GET", "script.js", levelRead, false, asset("script.js", "text/javascript; charset=utf-8")},
		{"GET", "icon.svg", levelRead, false, asset("icon.svg", "image/svg+xml")},
	}
}

// A request is one of somebody who may see the console.
type request struct {
	*http.Request
	viewer viewer
	path   string   // below the console, without the first slash, escaped
	args   []string // for each {} of the pattern
}

// root leads from the request's address to that of the overview.
func (r *request) root() string {
	if n := strings.Count(r.path, "/"); n > 0 {
		return strings.Repeat("../", n)
	}
	return "./"
}

// serve lets those in who may see the console, finds the route, and does what it says.
func (c *Console) serve(w http.ResponseWriter, r *http.Request) {
	v := c.viewerOf(r)
	if v.level == levelNone {
		c.opts.NotFound.ServeHTTP(w, asSent(r))
		return
	}
	setHeaders(w, r)
	req := &request{Request: r, viewer: v, path: strings.TrimPrefix(r.URL.EscapedPath(), "/")}
	found, args, methods := find(r.Method, req.path)
	sent, _, _ := strings.Cut(safeurl.OfRequest(r), "?")
	last := sent[strings.LastIndex(sent, "/")+1:]
	switch {
	case req.path == "" && last != "": // of a router that does not add the slash
		redirect(w, "./"+last+"/")
	case found != nil && (found.level > v.level):
		c.fail(w, req, http.StatusForbidden, "You may look, and nothing else",
			"Actions need the permission "+deleteSession+".")
	case found != nil && found.fresh && !v.fresh:
		c.fail(w, req, http.StatusForbidden, "Log in again", "Nothing was done: your login is too long ago.")
	case found != nil:
		req.args = args
		found.serve(c, w, req)
	case len(methods) > 0:
		w.Header().Set("Allow", strings.Join(methods, ", "))
		c.fail(w, req, http.StatusMethodNotAllowed, "Not here", "This address takes only "+methods[0]+".")
	case c.isPage(req.path + "/"):
		redirect(w, "./"+last+"/") // not to be read as an address with a scheme
	default:
		c.fail(w, req, http.StatusNotFound, "Page not found", "The console has no page with this address.")
	}
}

// asSent returns the request with the address that the browser has sent, for a page that may show
// it, or depend on it.
func asSent(r *http.Request) *http.Request {
	sent, err := url.ParseRequestURI(r.RequestURI)
	if err != nil {
		return r
	}
	whole := *r
	whole.URL = sent
	return &whole
}

// find returns the route of a path. If there are others of the path only, it returns their methods.
func find(method, path string) (found *route, args, methods []string) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for i, t := range routes {
		args, ok := match(t.pattern, path)
		switch {
		case !ok:
		case t.method == method:
			return &routes[i], args, nil
		case !slices.Contains(methods, t.method):
			methods = append(methods, t.method)
		}
	}
	return nil, nil, methods
}

func (c *Console) isPage(path string) bool {
	found, _, _ := find(http.MethodGet, path)
	return found != nil
}

// match returns what stands for each {} of a pattern.
func match(pattern, path string) (args []string, ok bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	for i, segment := range want {
		if segment != "{}" {
			if segment != got[i] {
				return nil, false
			}
			continue
		}
		arg, err := url.PathUnescape(got[i])
		if err != nil || arg == "" {
			return nil, false
		}
		args = append(args, arg)
	}
	return args, true
}

// redirect sends the visitor on by an address that is relative to the request's.
func redirect(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}
