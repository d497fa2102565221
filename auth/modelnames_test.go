package auth_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/session"
)

// TestSessionsOfEachNameOfTheModelBackendCount: allauth's, for example. New logins have
// the first name, and the end of all sessions of a user is that of each name.
func TestSessionsOfEachNameOfTheModelBackendCount(t *testing.T) {
	const first, second = "django.contrib.auth.backends.ModelBackend", "allauth.account.auth_backends.AuthenticationBackend"
	for _, c := range []struct {
		names []string
		name  string // of the session
		known bool
	}{
		{nil, first, true},
		{nil, second, false},
		{[]string{first, second}, first, true},
		{[]string{first, second}, second, true},
		{[]string{second}, second, true},
		{[]string{second}, first, false},
		{[]string{first, second}, "site.Other", false},
	} {
		s := newSite(t, &auth.Options{ModelBackendNames: c.names})
		key := s.login(t, alice())
		var written string
		s.do(func(_ http.ResponseWriter, r *http.Request) {
			written = session.Item[string]("_auth_user_backend").Get(session.From(r), "")
			session.From(r).Set("_auth_user_backend", c.name)
		}, key)
		want := first
		if len(c.names) > 0 {
			want = c.names[0]
		}
		if written != want {
			t.Errorf("%v: a login writes %s", c.names, written)
		}
		if got := s.whoami(t, key) == "alice"; got != c.known {
			t.Errorf("%v: a session of %s counts: %v", c.names, c.name, got)
		}
		if ended := s.end(t, alice()); ended != 1 {
			t.Errorf("%v: %d sessions of %s have ended", c.names, ended, c.name)
		}
	}
	for want, o := range map[string]*auth.Options{
		"one is empty":   {ModelBackendNames: []string{""}},
		`named "a.Name"`: {ModelBackendNames: []string{"a.Name"}, Backends: []auth.Backend{fake{name: "a.Name"}, model(t)}},
	} {
		if _, err := auth.New(newUsers(), keys, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func model(t *testing.T) auth.Backend {
	t.Helper()
	b, err := auth.NewModelBackend(newUsers(), cheap())
	if err != nil {
		t.Fatal(err)
	}
	return b
}
