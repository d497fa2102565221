package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/session"
)

// The items of the first page: its forms set and delete the username.
const (
	username = session.Item[string]("username")
	visits   = session.Item[int]("visits")
)

// index counts the visit and shows what the session holds.
func (s *app) index(w http.ResponseWriter, r *http.Request) {
	sess := session.From(r)
	n := visits.Update(sess, 0, func(n int) int { return n + 1 })
	s.render(w, r, http.StatusOK, "index", "Home", struct {
		Visits int
		Items  []item
	}{n, items(sess)})
}

// An item is a row of the table of what the session holds.
type item struct{ Name, Value string }

// items lists the session. Of the items that the framework keeps there, only
// the names are shown: the values may be secret.
func items(s *session.Session) []item {
	var list []item
	for name, raw := range s.All() {
		value := string(raw)
		if strings.HasPrefix(name, "_") {
			value = "(kept by the framework)"
		}
		list = append(list, item{name, value})
	}
	return list
}

// maxName is how long a name may be, in bytes. The form says so, too, but
// forms can be forged, and a session is not the place for a megabyte.
const maxName = 600

// set stores the form's field in the session.
func (s *app) set(w http.ResponseWriter, r *http.Request) {
	name := r.PostFormValue("username")
	if len(name) > maxName {
		http.Error(w, "The name is too long.", http.StatusBadRequest)
		return
	}
	username.Set(session.From(r), name)
	redirect(w, r, path("show"))
}

// show shows the stored name, or the items as JSON to a program.
func (s *app) show(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Accept")
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		s.showJSON(w, r)
		return
	}
	s.render(w, r, http.StatusOK, "show", "Your name", username.Get(session.From(r), "Guest"))
}

// showJSON answers with the items, without the framework's own.
func (s *app) showJSON(w http.ResponseWriter, r *http.Request) {
	object := make(map[string]json.RawMessage)
	for name, raw := range session.From(r).All() {
		if !strings.HasPrefix(name, "_") {
			object[name] = raw
		}
	}
	text, err := json.Marshal(object)
	if err != nil {
		session.Abort(r, err) // Python's NaN, for example, is not JSON
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(text, '\n'))
}

// delete removes the name from the session, if it is there.
func (s *app) delete(w http.ResponseWriter, r *http.Request) {
	username.Delete(session.From(r))
	redirect(w, r, path("show"))
}

// clear forgets the session, and with it the login.
func (s *app) clear(w http.ResponseWriter, r *http.Request) {
	session.From(r).Flush()
	redirect(w, r, path("show"))
}

// notFound answers all other requests, among them a GET of an address that
// accepts only forms.
func (s *app) notFound(w http.ResponseWriter, r *http.Request) {
	if slices.Contains(slices.Collect(maps.Values(paths)), r.URL.Path) {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "This address accepts only forms.", http.StatusMethodNotAllowed)
		return
	}
	s.missing(w, r)
}

// missing is the page for an address that the site does not have.
func (s *app) missing(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusNotFound, "notfound", "Not found", nil)
}
