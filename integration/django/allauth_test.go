package django

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/internal/servertest"
)

// listedIn is set in the process whose Django has allauth.
const listedIn = "JAMSESSION_TEST_ALLAUTH"

// withLists are sites with allauth's list of logins.
var withLists = []engine{
	{name: "allauth, db", engine: "db", place: onSQLite, project: &project{name: "usersessions"}},
	{name: "allauth, cache", engine: "cache", place: with(onPostgres, onRedis), project: uuidSessions},
	{name: "allauth, cached_db", engine: "cached_db", place: with(onMariaDB, onRedis), project: uuidSessions},
}

var uuidSessions = &project{
	name: "uuidsessions", userModel: "crew.member", byEmail: true, custom: uuidKey.custom,
}

// TestAllauth has both sites list the same logins, and end them, with a real django-allauth,
// if there is one in the folder that JAMSESSION_ASIDE names.
func TestAllauth(t *testing.T) {
	if os.Getenv(listedIn) != "" {
		listOfLogins(t)
		return
	}
	python := allauthPython(t)
	for _, e := range withLists {
		if python == "" {
			fmt.Printf(tableRow, e.name, "list of logins", absent, absent)
		}
	}
	if python == "" {
		return
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestAllauth$", "-test.v")
	child.Env = append(os.Environ(), "DJANGO_PYTHON="+python, listedIn+"=1")
	out, err := child.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for _, e := range withLists {
		passes := strings.Contains(string(out),
			"--- PASS: TestAllauth/"+strings.ReplaceAll(e.name, " ", "_")+" (")
		if !passes && err == nil {
			t.Errorf("%s was not tried:\n%s", e.name, out)
		}
		outcome := map[bool]string{true: passed, false: failed}[passes]
		fmt.Printf(tableRow, e.name, "list of logins", outcome, outcome)
	}
}

// allauthPython makes an interpreter that imports Django and allauth, "" if they are not there.
func allauthPython(t *testing.T) string {
	t.Helper()
	var folders []string
	for _, name := range []string{"allauth", "django-5.2"} {
		folder := servertest.Aside(name + "/usr/lib/python3/dist-packages")
		if _, err := os.Stat(folder); err != nil {
			return ""
		}
		folders = append(folders, folder)
	}
	python := filepath.Join(t.TempDir(), "python")
	text := "#!/bin/sh\nPYTHONPATH='" + strings.Join(folders, ":") + "' exec /usr/bin/python3 \"$@\"\n"
	if err := os.WriteFile(python, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return python
}

// listOfLogins is TestAllauth in a process whose Django has allauth.
func listOfLogins(t *testing.T) {
	commandDir = t.TempDir()
	for _, e := range withLists {
		t.Run(e.name, func(t *testing.T) {
			p := openLists(t, e)
			for name, try := range map[string]func(*testing.T, *pair){
				"listed": tryListed, "ended by Django": tryEndedByDjango, "ended by Go": tryEndedByGo,
				"another password": tryListedPassword, "the user is deleted": tryDeletedUser,
				"allauth's pages": tryPages,
			} {
				t.Run(name, func(t *testing.T) { try(t, p) })
			}
		})
	}
}

// openLists starts a pair whose Go side has the settings that the command writes, DEVICES among
// them.
func openLists(t *testing.T, e engine) *pair {
	t.Helper()
	p := &pair{engine: e, place: e.place(t)}
	told := newTold(t)
	p.django = startDjango(t, p.config(map[string]any{
		"ROOT_URLCONF": "listed", "USERSESSIONS_TRACK_ACTIVITY": true,
		"MIDDLEWARE": []string{
			"django.contrib.sessions.middleware.SessionMiddleware",
			"django.middleware.csrf.CsrfViewMiddleware",
			"django.contrib.auth.middleware.AuthenticationMiddleware",
			"django.contrib.messages.middleware.MessageMiddleware",
			"allauth.account.middleware.AccountMiddleware",
			"allauth.usersessions.middleware.UserSessionsMiddleware",
		},
	}), "SITE_PROJECT="+e.project.name, "SITE_FACTS="+told.script)
	p.site, p.golang = startLoaded(t, told.settings(t, "default"), nil, e.project.custom)
	return p
}

// member makes a user, and returns the name.
func (p *pair) member(t *testing.T) string {
	t.Helper()
	name := newName()
	if p.engine.project.byEmail {
		name = address(name)
	}
	is(t, "new user", newBrowser(t).post(p.django, "/user", "username", name, "password", password), "made")
	return name
}

// seen logs in at Django, where the next request has allauth make a row.
func (p *pair) seen(t *testing.T, name string) *browser {
	t.Helper()
	b := logIn(t, p.django, name)
	b.get(p.django, "/me")
	return b
}

// listedAt returns the ids of the logins that a site lists, and which is the visitor's own.
func (b *browser) listedAt(at *side) (ids []string, own string) {
	b.t.Helper()
	path := map[bool]string{true: "/devices", false: "/listed"}[at.name == "Go"]
	for line := range strings.Lines(b.get(at, path)) {
		id, rest, _ := strings.Cut(line, " ")
		ids = append(ids, id)
		if strings.HasSuffix(strings.TrimSpace(rest), " here") {
			own = id
		}
	}
	return ids, own
}

// lists fails the test unless both sites list the logins of these browsers, each as its own.
func lists(t *testing.T, p *pair, browsers ...*browser) (ids []string) {
	t.Helper()
	for _, b := range browsers {
		first, own := b.listedAt(p.django)
		second, same := b.listedAt(p.golang)
		if own == "" || own != same || len(first) != len(browsers) || len(second) != len(browsers) {
			t.Fatalf("Django lists %v and %q, Go lists %v and %q, of %d logins",
				first, own, second, same, len(browsers))
		}
		ids = append(ids, own)
	}
	return ids
}

// out fails the test if a browser is logged in anywhere.
func out(t *testing.T, p *pair, b *browser) {
	t.Helper()
	for _, at := range []*side{p.golang, p.django} {
		is(t, "who was ended, at "+at.name, copyOf(b).get(at, "/me"), "nobody")
	}
}

// tryListed: logins of both sides are in the lists of both, with the key of their session; a
// rotation at Go is followed, whatever Django deletes, and the address is whole.
func tryListed(t *testing.T, p *pair) {
	name := p.member(t)
	here, there := logIn(t, p.golang, name), p.seen(t, name)
	lists(t, p, here, there)
	for _, b := range []*browser{here, there} {
		want := " " + b.cookie("sessionid") + " 127.0.0.1 here"
		if text := b.get(p.django, "/listed"); !strings.Contains(text, want) {
			t.Errorf("Django lists %s, want%s", text, want)
		}
	}
	is(t, "login again", here.post(p.golang, "/login", "username", name, "password", password), name)
	there.get(p.django, "/listed") // without rows whose session does not exist
	is(t, "after the rotation", here.get(p.golang, "/me"), name)
	lists(t, p, here, there)
	here.post(p.golang, "/logout")
	lists(t, p, there)
	there.post(p.django, "/logout")
	out(t, p, there)
}

// tryEndedByDjango: one login, and all others.
func tryEndedByDjango(t *testing.T, p *pair) {
	name := p.member(t)
	here, there, third := logIn(t, p.golang, name), logIn(t, p.golang, name), p.seen(t, name)
	ids := lists(t, p, here, there, third)
	here.post(p.django, "/end", "id", ids[1])
	out(t, p, there)
	lists(t, p, here, third)
	third.post(p.django, "/end-others")
	out(t, p, here)
	lists(t, p, third)
}

// tryEndedByGo: one login, and all others, also one that Go has never seen.
func tryEndedByGo(t *testing.T, p *pair) {
	name := p.member(t)
	here, there, third := p.seen(t, name), p.seen(t, name), logIn(t, p.golang, name)
	ids := lists(t, p, here, there, third)
	third.post(p.golang, "/end", "id", ids[0])
	out(t, p, here)
	lists(t, p, there, third)
	unseen := p.seen(t, name)
	is(t, "others", third.post(p.golang, "/end-others"), "2")
	out(t, p, there)
	out(t, p, unseen)
	lists(t, p, third)
}

// tryListedPassword: the login that changes it stays, under another key, and the others go.
func tryListedPassword(t *testing.T, p *pair) {
	for _, at := range []*side{p.golang, p.django} {
		name := p.member(t)
		here, other := logIn(t, p.golang, name), p.seen(t, name)
		lists(t, p, here, other)
		is(t, "change", here.post(at, "/password", "old", password, "new", newPassword), "changed")
		for _, back := range []*side{p.golang, p.django, p.golang} {
			is(t, "who changed it at "+at.name+", at "+back.name, here.get(back, "/me"), name)
		}
		out(t, p, other)
		lists(t, p, here)
	}
}

// tryPages: allauth's own pages, for a login, which makes its row at once, another password and
// the end of all others.
func tryPages(t *testing.T, p *pair) {
	name := p.member(t)
	b, other := newBrowser(t), logIn(t, p.golang, name)
	b.post(p.django, "/allauth/login/", "login", name, "password", password, "next", "/me")
	is(t, "who logged in at allauth's page", b.get(p.golang, "/me"), name)
	lists(t, p, b, other)
	b.post(p.django, "/allauth/password/change/",
		"oldpassword", password, "password1", newPassword, "password2", newPassword)
	is(t, "who changed the password there", b.get(p.golang, "/me"), name)
	out(t, p, other)
	lists(t, p, b)
	other = newBrowser(t)
	is(t, "login", other.post(p.golang, "/login", "username", name, "password", newPassword), name)
	b.post(p.django, "/allauth/sessions/")
	out(t, p, other)
	lists(t, p, b)
	b.post(p.django, "/allauth/logout/", "next", "/me")
	out(t, p, b)
}

// tryDeletedUser: the rows go with the user.
func tryDeletedUser(t *testing.T, p *pair) {
	name := p.member(t)
	b := logIn(t, p.golang, name)
	user, err := p.site.Users().ByUsername(t.Context(), name)
	if err == nil {
		err = p.site.Users().Delete(t.Context(), user.ID)
	}
	if err != nil {
		t.Error(err)
	}
	out(t, p, b)
}

// listDevices says what is listed: as testdata/site/listed.py.
func (g *goSite) listDevices(w io.Writer, r *http.Request) error {
	list, err := g.Devices().List(r)
	for _, d := range list {
		fmt.Fprintf(w, "%s %s%s\n", d.ID, d.Address, map[bool]string{true: " here"}[d.Current])
	}
	return err
}

func (g *goSite) endDevice(w io.Writer, r *http.Request) error {
	err := g.Devices().End(r, r.PostFormValue("id"))
	if errors.Is(err, devices.ErrNoDevice) {
		return statusError(http.StatusNotFound)
	}
	if err != nil {
		return err
	}
	return say(w, "ended")
}

func (g *goSite) endOthers(w io.Writer, r *http.Request) error {
	n, err := g.Devices().EndOthers(r)
	if err != nil {
		return err
	}
	return say(w, fmt.Sprint(n))
}
