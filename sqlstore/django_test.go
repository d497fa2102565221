package sqlstore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

const key = "a-secret-key-for-the-tests-only-0123456789-abcdef"

// TestWithDjango: each reads, changes and deletes the rows of the other.
func TestWithDjango(t *testing.T) {
	path := tempFile(t)
	project := djangotest.Site(t, path, key)
	store, _ := open(t, path, sqlstore.Options{})
	project.Manage("migrate", "sessions") // nothing to do
	project.Run(`
from django.contrib.sessions.backends.db import SessionStore
s = SessionStore()
s["a"] = 1
s._session_key = "fromdjango" + "0" * 22
s.save(must_create=True)
`)
	old, err := store.Load(t.Context(), "fromdjango"+strings.Repeat("0", 22))
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	if d := time.Until(old.Expiry); d < 13*24*time.Hour || d > 14*24*time.Hour {
		t.Errorf("Django's session ends in %v, want two weeks", d)
	}
	moved := session.Record{Key: strings.Repeat("m", 32), Data: old.Data}
	// Python leaves out no zero at the end of a fraction, unlike Go's .999999.
	moved.Expiry = old.Expiry.Add(time.Hour).Truncate(time.Second).Add(120 * time.Millisecond)
	if err := store.Save(t.Context(), old, moved); err != nil {
		t.Fatalf("Save: %v", err)
	}
	out := project.Run(`
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
s = SessionStore("m" * 32)
print(dict(s), Session.objects.get().expire_date.isoformat())
s["b"] = 2
s.save()
`)
	if want := "{'a': 1} " + moved.Expiry.Format("2006-01-02T15:04:05.000000-07:00") + "\n"; out != want {
		t.Errorf("Django reads %q, want %q", out, want)
	}
	if err := store.Save(t.Context(), moved, moved); err == nil {
		t.Error("Save overwrites what Django has changed")
	}
	if err := store.Delete(t.Context(), moved.Key); err != nil {
		t.Fatal(err)
	}
	if out := project.Run("from django.contrib.sessions.models import Session\nprint(Session.objects.count())"); out != "0\n" {
		t.Errorf("Django counts %q sessions, want 0", out)
	}
}

// TestWithDjangoLocalTime: a site without USE_TZ keeps wall clock time.
func TestWithDjangoLocalTime(t *testing.T) {
	path := tempFile(t)
	project := djangotest.Site(t, path, key, "USE_TZ = False", `TIME_ZONE = "America/New_York"`)
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	store, _ := openIn(t, path, newYork, sqlstore.Options{})
	// Four hours behind UTC in summer, five in winter.
	summer, winter := time.Date(2230, 7, 1, 12, 0, 0, 0, time.UTC), time.Date(2231, 1, 1, 12, 0, 0, 0, time.UTC)
	create(t, store, record(1, summer), record(2, winter), record(3, time.Now().Add(-time.Minute)),
		record(4, time.Now().Add(time.Minute)))
	out := project.Run(`
from django.contrib.sessions.models import Session
for s in Session.objects.filter(expire_date__year__gte=2230).order_by("session_key"):
    print(s.expire_date.isoformat())
`)
	if want := "2230-07-01T08:00:00\n2231-01-01T07:00:00\n"; out != want {
		t.Errorf("Django reads %q, want %q", out, want)
	}
	project.Manage("clearsessions")
	if out := project.Run("from django.contrib.sessions.models import Session\nprint(Session.objects.count())"); out != "3\n" {
		t.Errorf("after clearsessions Django counts %q sessions, want the 3 live ones", out)
	}
	if rec, err := store.Load(t.Context(), record(1, summer).Key); err != nil || !rec.Expiry.Equal(summer) {
		t.Errorf("Load = %v, %v; want %v", rec.Expiry, err, summer)
	}
}
