package auth_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
)

// TestNothingSecretIsLogged drives a site through success and failure with
// the most talkative logger, and looks for what must not be there.
func TestNothingSecretIsLogged(t *testing.T) {
	var log bytes.Buffer
	slog.SetDefault(slog.New(slog.NewJSONHandler(&lockedWriter{w: &log},
		&slog.HandlerOptions{Level: slog.LevelDebug})))
	t.Cleanup(func() { slog.SetDefault(slog.New(slog.NewTextHandler(bytes.NewBuffer(nil), nil))) })
	var hooked []map[string]string
	s := newSite(t, &auth.Options{
		OnLoginFailed: func(_ *http.Request, c map[string]string) { hooked = append(hooked, c) },
	})
	const hash = "meter$1$SENTINEL-password"
	s.users.change("1", func(u *auth.User) { u.Password = hash })
	srv := loginSite(t, s)
	var keys []string
	step := func(form string) {
		visitor := browser(t, srv)
		post(t, visitor, srv.URL+"/login", credentials("alice", form))
		if key := jarKey(t, visitor, srv); key != "" {
			keys = append(keys, key)
		}
		get(t, visitor, srv.URL+"/")
		get(t, visitor, srv.URL+"/count")
		if form == "SENTINEL-password" {
			s.users.fail(errors.New("connection refused"))
			get(t, visitor, srv.URL+"/")
			post(t, visitor, srv.URL+"/login", credentials("alice", form))
			s.users.fail(nil)
			post(t, visitor, srv.URL+"/logout", nil)
		}
	}
	step("SENTINEL-password")
	step("SENTINEL-wrong")
	key := s.plant(t, `{"_auth_user_id":"abc","_auth_user_backend":`+
		`"django.contrib.auth.backends.ModelBackend","_auth_user_hash":"SENTINEL"}`)
	s.whoami(t, key)
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		err := s.auth.Login(r, auth.User{ID: "1", Password: hash, Backend: "x"})
		log.WriteString(err.Error())
	}, "")

	text := log.String() + s.log.String()
	if !strings.Contains(text, "connection refused") || !strings.Contains(text, "unreadable user") {
		t.Fatalf("the log does not have what it should: %s", text)
	}
	if strings.Contains(text, "SENTINEL") {
		t.Errorf("a secret in %s", text)
	}
	if len(keys) != 1 {
		t.Fatalf("%d logins", len(keys))
	}
	for _, k := range append(keys, key, siteKey) {
		if strings.Contains(text, k) {
			t.Errorf("a key in %s", text)
		}
	}
	for _, c := range hooked {
		if strings.Contains(c["password"], "SENTINEL") {
			t.Errorf("the hook got %v", c)
		}
	}
}
