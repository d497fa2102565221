package sqlusers_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/administration"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/noerror"
)

// searchable makes users with names and addresses that are easily taken for others.
func searchable(t *testing.T, users *sqlusers.Users) {
	t.Helper()
	for name, email := range map[string]string{
		"ann": "ann@example.com", "anna": "Post@Example.com", "Bob": "", "a_n": "a@example.com", "a.n": "b@example.com",
		"élan": "d@example.com", "zoë": "ann.zoe@example.com",
	} {
		create(t, users, auth.User{Username: name, Email: email, IsActive: true})
	}
}

// checkSearch searches as somebody would.
func checkSearch(t *testing.T, users *sqlusers.Users, anyCase bool) {
	t.Helper()
	office := administration.Of(users)
	for prefix, want := range map[string]string{
		"ann": "ann anna zoë", "anna": "anna", "a_": "a_n", "a%": "", `a\`: "", "él": "élan", "POST@": "anna",
		"post@example.com": "anna", "nobody": "", "ann@example.com": "ann", "Bo": "Bob", "": "Bob a.n a_n ann anna",
		"\x00": "", "\xff": "", strings.Repeat("a", 300): "", "' OR 1=1 --": "", "ann\U0010FFFF": "",
	} {
		found, err := office.Search(t.Context(), prefix, 5)
		var names []string
		for _, u := range found {
			names = append(names, u.Username)
		}
		if prefix == "" && anyCase { // the order of the collation
			slices.Sort(names)
			want = strings.Join(names, " ")
		}
		if got := strings.Join(names, " "); got != want || err != nil || len(found) > 5 {
			t.Errorf("%.20q: %q, %v; want %q", prefix, got, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := office.Search(ctx, "ann", 5); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}

// TestSearch finds users by what their names and addresses begin with.
func TestSearch(t *testing.T) {
	users, _ := open(t, tempFile(t))
	searchable(t, users)
	checkSearch(t, users, false)
}

// TestServerOffice: users are found, and entries written, on the databases that run as servers.
func TestServerOffice(t *testing.T) {
	for _, b := range backends {
		t.Run(b.dialect.String(), func(t *testing.T) {
			at := b.start(t)
			users := b.open(t, at)
			searchable(t, users)
			checkSearch(t, users, b.dialect.String() == "MySQL")
			err := administration.Of(users).Write(t.Context(), administration.Entry{Actor: "1"})
			if !errors.Is(err, administration.ErrNoLog) {
				t.Errorf("without the table: %v", err)
			}
			if b.dialect == django.MySQL {
				checkMariaDB(t, noerror.In(sql.Open(b.driver, b.name(at))), users)
			}
		})
	}
}

// checkMariaDB writes to the table as Django makes it there. PostgreSQL has a test with Django.
func checkMariaDB(t *testing.T, db *sql.DB, users *sqlusers.Users) {
	t.Helper()
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE django_admin_log (id integer AUTO_INCREMENT PRIMARY KEY,"+
		" action_time datetime(6) NOT NULL, object_id longtext NULL, object_repr varchar(200) NOT NULL, action_flag"+
		" smallint UNSIGNED NOT NULL CHECK (action_flag >= 0), change_message longtext NOT NULL, content_type_id integer"+
		" NULL REFERENCES django_content_type (id), user_id integer NOT NULL REFERENCES auth_user (id))"); err != nil {
		t.Fatal(err)
	}
	err := administration.Of(users).Write(t.Context(), administration.Entry{
		Actor: "1", About: "2", Name: strings.Repeat("é", 250), Deletion: true, Message: "Ended.",
	})
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM django_admin_log l JOIN django_content_type c"+
		" ON c.id = l.content_type_id WHERE l.user_id = 1 AND l.object_id = '2' AND l.action_flag = 3 AND c.model = 'user'"+
		" AND ABS(TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), l.action_time)) < 60").Scan(&n); n != 1 || err != nil {
		t.Errorf("%d entries, %v", n, err)
	}
}

// withAdmin has Django's admin, which shows the history of a user.
const withAdmin = `
INSTALLED_APPS += ["django.contrib.admin", "django.contrib.messages"]
MIDDLEWARE += ["django.contrib.messages.middleware.MessageMiddleware"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {
    "context_processors": ["django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth", "django.contrib.messages.context_processors.messages"]}}]
`

// adminURLs are its addresses.
const adminURLs = `
from django.contrib import admin
from django.urls import path
urlpatterns = [path("admin/", admin.site.urls)]
`

// TestDjangosAdminShowsWhatWasDone, in the history of the user, and by whom.
func TestDjangosAdminShowsWhatWasDone(t *testing.T) {
	b := backends[0]
	at := b.start(t)
	project := djangotest.Site(t, tempFile(t), key, at.Django(b.engine)+withAdmin)
	project.Write("site_urls.py", adminURLs)
	project.Manage("migrate")
	users := b.open(t, at)
	boss := create(t, users, auth.User{Username: "boss", IsActive: true, IsStaff: true, IsSuperuser: true})
	bob := create(t, users, auth.User{Username: "bob", IsActive: true})
	office := administration.Of(users)
	for _, e := range []administration.Entry{
		{Actor: boss.ID, About: bob.ID, Name: "bob", Deletion: true, Message: "Ended all logins."},
		{Actor: boss.ID, About: bob.ID, Name: "bob", Message: `Looked at "values" <b>.`},
		{Actor: boss.ID, Name: strings.Repeat("é", 250), Message: "Lifted."},
	} {
		if err := office.Write(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	for _, actor := range []string{"", "x"} {
		if err := office.Write(t.Context(), administration.Entry{Actor: actor}); !errors.Is(err, auth.ErrInvalidUserID) {
			t.Errorf("actor %q: %v", actor, err)
		}
	}
	out := project.Run(fmt.Sprintf(`
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
for e in LogEntry.objects.order_by("pk"):
    recent = abs((timezone.now() - e.action_time).total_seconds()) < 60
    print(e.user.username, e.get_edited_object() if e.object_id else None, len(e.object_repr), e.is_deletion(), recent)
c = Client()
c.force_login(User.objects.get(username="boss"))
page = c.get("/admin/auth/user/%s/history/").content.decode()
print("Ended all logins." in page, "Looked at" in page, "<b>." in page)
`, bob.ID))
	want := "boss bob 3 True True\nboss bob 3 False True\nboss None 200 False True\nTrue True False\n"
	if out != want {
		t.Errorf("Django reads\n%s\nwant\n%s", out, want)
	}
}
