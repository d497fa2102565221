package main

import (
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/djangotest"
)

// TestDjangoTakesWhatTheCommandMade: the tables, the superuser, the changed
// password and the deleted session.
func TestDjangoTakesWhatTheCommandMade(t *testing.T) {
	migrated(t)
	django := djangotest.Site(t, "db.sqlite3", testKey)
	django.Manage("migrate", "--check")
	jamsession(t, "first password", "createsuperuser", "--noinput", "--username", "ann")
	jamsession(t, "second password", "changepassword", "--noinput", "ann")
	key := strings.TrimSpace(django.Run(`
from django.contrib.auth import authenticate
from django.contrib.sessions.backends.db import SessionStore
assert authenticate(username="ann", password="first password") is None
ann = authenticate(username="ann", password="second password")
assert ann.is_superuser and ann.is_staff and ann.is_active
s = SessionStore()
s["_auth_user_id"] = str(ann.pk)
s["cart"] = ["apple"]
s.save()
print(s.session_key)
`))
	if shown := jamsession(t, "", "sessions", "show", "--json", key); !strings.Contains(shown,
		`"items":{"_auth_user_id":"1","cart":["apple"]}`) {
		t.Errorf("shown as %s", shown)
	}
	jamsession(t, "", "sessions", "delete", key)
	django.Run("from django.contrib.sessions.models import Session\n" +
		"assert Session.objects.count() == 0\n")
}
