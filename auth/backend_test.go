package auth_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

// fake is a Backend with one answer.
type fake struct {
	name  string
	user  auth.User
	err   error
	asked *[]string
}

func (f fake) Name() string { return f.name }

func (f fake) Authenticate(context.Context, string, string) (auth.User, error) {
	if f.asked != nil {
		*f.asked = append(*f.asked, f.name)
	}
	return f.user, f.err
}

func (f fake) User(context.Context, string) (auth.User, error) { return f.user, f.err }

func TestBackendsAreAskedInOrderUntilOneDecides(t *testing.T) {
	down := errors.New("connection refused")
	one, two := auth.User{ID: "1", Username: "one"}, auth.User{ID: "2", Username: "two"}
	tests := []struct {
		name     string
		backends []fake
		want     string
		err      error
		asked    []string
		failed   bool
	}{
		{"first knows", []fake{{user: one}, {user: two}}, "one", nil, []string{"a"}, false},
		{"second knows", []fake{{err: auth.ErrNoMatch}, {user: two}}, "two", nil, []string{"a", "b"}, false},
		{"nobody knows", []fake{{err: auth.ErrNoMatch}, {err: auth.ErrNoMatch}}, "", auth.ErrNoMatch, []string{"a", "b"}, true},
		{"first denies", []fake{{err: auth.ErrDenied}, {user: two}}, "", auth.ErrNoMatch, []string{"a"}, true},
		{"first is down", []fake{{err: down}, {user: two}}, "", session.ErrUnavailable, []string{"a"}, false},
		{"second is down", []fake{{err: auth.ErrNoMatch}, {err: down}}, "", down, []string{"a", "b"}, false},
		{"wrapped", []fake{{err: errors.Join(auth.ErrNoMatch, errors.New("why"))}, {user: two}}, "two", nil, []string{"a", "b"}, false},
		{"says yes to nobody", []fake{{}, {user: two}}, "", session.ErrUnavailable, []string{"a"}, false},
		{"no such user is not no match", []fake{{err: auth.ErrUserNotFound}}, "", session.ErrUnavailable, []string{"a"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var asked []string
			var backends []auth.Backend
			for i, b := range test.backends {
				b.name, b.asked = string(rune('a'+i)), &asked
				backends = append(backends, b)
			}
			failed := false
			m, err := auth.New(nil, keys, &auth.Options{
				Backends:      backends,
				OnLoginFailed: func(*http.Request, map[string]string) { failed = true },
			})
			if err != nil {
				t.Fatal(err)
			}
			user, err := m.Authenticate(httptest.NewRequest(http.MethodPost, "/", nil), "x", "y")
			if user.Username != test.want || !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
				t.Errorf("user %q, error %v", user.Username, err)
			}
			if errors.Is(err, session.ErrUnavailable) && errors.Is(err, auth.ErrNoMatch) {
				t.Errorf("%v looks like a wrong password", err)
			}
			if !slices.Equal(asked, test.asked) || failed != test.failed {
				t.Errorf("asked %q, hook called: %t", asked, failed)
			}
			if want := test.asked[len(test.asked)-1]; err == nil && user.Backend != want {
				t.Errorf("Backend is %q, want %q", user.Backend, want)
			}
		})
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	u := newUsers()
	tests := []struct {
		name    string
		users   auth.UserStore
		keys    secret.Keys
		options *auth.Options
		want    string
	}{
		{"no keys", u, secret.Keys{}, nil, "no keys"},
		{"no users", nil, keys, nil, "no users and no backends"},
		{"login URL without slash", u, keys, &auth.Options{LoginURL: "login"}, "LoginURL"},
		{"login URL without scheme", u, keys, &auth.Options{LoginURL: "//h/login"}, "LoginURL"},
		{"login URL that is none", u, keys, &auth.Options{LoginURL: "javascript:x"}, "LoginURL"},
		{
			"two backends of one name", nil, keys,
			&auth.Options{Backends: []auth.Backend{fake{name: "a"}, fake{name: "a"}}}, `named "a"`,
		},
	}
	for _, test := range tests {
		_, err := auth.New(test.users, test.keys, test.options)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got error %v", test.name, err)
		}
	}
	if _, err := auth.New(u, keys, nil); err != nil {
		t.Error(err)
	}
}
