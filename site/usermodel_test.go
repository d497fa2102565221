package site_test

import (
	"database/sql"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
)

// A profile is what this site has of its users beside auth.User.
type profile struct {
	FullName string `db:"full_name"`
}

var hyphened = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// TestUsersOfAnotherModel: the settings describe the table, a hook adds the program's own columns, and
// people sign up, log in by an address that is longer than a username of Django's, and stay logged in.
func TestUsersOfAnotherModel(t *testing.T) {
	file := tempFile(t)
	s := settingsOf(t, file, map[string]string{
		"AUTH_USER_MODEL": "crew.Member", "AUTH_USER_TABLE": "people", "AUTH_USER_KEY_TYPE": "uuid",
		"AUTH_USER_COLUMNS": "id=member_no,username=email", "AUTH_USER_CASE": "lower",
		"AUTH_USER_GROUPS": "none", "AUTH_USER_PERMISSIONS": "none",
	})
	o := &site.Options{UserTable: func(o *sqlusers.Options) { o.Model.Extra = profile{} }}
	for name, err := range map[string]error{
		"Migrate": site.Migrate(t.Context(), s, o),
		"Plan":    func() error { _, err := site.Plan(t.Context(), s, o); return err }(),
	} {
		if !errors.Is(err, django.ErrNotMigrated) || !strings.Contains(err.Error(), "people, of AUTH_USER_MODEL crew.Member") {
			t.Errorf("%s without the table: %v", name, err)
		}
	}
	db := noerror.In(sql.Open("sqlite", file))
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE people (member_no char(32) NOT NULL
		PRIMARY KEY, password varchar(128) NOT NULL, email varchar(255) NOT NULL UNIQUE, full_name varchar(80) NOT NULL,
		is_active bool NOT NULL, is_superuser bool NOT NULL)`); err != nil {
		t.Fatal(err)
	}
	if err := site.Migrate(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
	here := openWith(t, s, o)
	if plan, err := site.Plan(t.Context(), s, o); err != nil || len(plan) > 0 {
		t.Errorf("the plan is %q, %v", plan, err)
	}
	long := strings.Repeat("Ann", 60) + "@example.com"
	server := httptest.NewServer(here.Handler(memberPages(here, long)))
	t.Cleanup(server.Close)
	jar := noerror.In(cookiejar.New(nil))
	client := &http.Client{Jar: jar}
	get := func(path string) string {
		t.Helper()
		resp, err := client.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		return string(noerror.In(io.ReadAll(resp.Body)))
	}
	if got := get("/signup"); got != strings.ToLower(long)+" Ann" {
		t.Errorf("signed up as %q", got)
	}
	if got := get("/login"); got != "<nil>" {
		t.Errorf("login: %s", got)
	}
	me := strings.Fields(get("/me"))
	if len(me) != 3 || !hyphened.MatchString(me[0]) || me[1] != me[0] || me[2] != "Ann" {
		t.Errorf("the visitor is %q", me)
	}
	if got := get("/end"); got != "1 <nil>" {
		t.Errorf("ended: %s", got)
	}
	if got := get("/me"); got != "  " {
		t.Errorf("after the end the visitor is %q", got)
	}
}

// memberPages are the pages of the site, for one address.
func memberPages(here *site.Site, address string) http.Handler {
	mux := http.NewServeMux()
	say := func(w http.ResponseWriter, parts ...string) { _, _ = io.WriteString(w, strings.Join(parts, " ")) }
	mux.HandleFunc("/signup", func(w http.ResponseWriter, r *http.Request) {
		user, err := here.Auth.SignUp(r, auth.User{
			Username: address, IsActive: true, Custom: profile{FullName: "Ann"},
		}, "correct horse battery")
		if err != nil {
			say(w, err.Error())
			return
		}
		say(w, user.Email, user.Custom.(profile).FullName)
	})
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		user, err := here.Auth.Authenticate(r, address, "correct horse battery")
		if err == nil {
			err = here.Auth.Login(r, user)
		}
		say(w, errorText(err))
	})
	mux.HandleFunc("/me", func(w http.ResponseWriter, r *http.Request) {
		user := auth.From(r)
		p, _ := user.Custom.(profile)
		held, _ := session.Item[string]("_auth_user_id").Lookup(session.From(r))
		say(w, user.ID, held, p.FullName)
	})
	mux.HandleFunc("/end", func(w http.ResponseWriter, r *http.Request) {
		n, err := here.Auth.EndSessions(r.Context(), here.Sessions, auth.From(r))
		say(w, string(rune('0'+n)), errorText(err))
	})
	return mux
}

func errorText(err error) string {
	if err == nil {
		return "<nil>"
	}
	return err.Error()
}
