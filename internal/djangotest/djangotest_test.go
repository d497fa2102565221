package djangotest_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/djangotest"
)

func TestSite(t *testing.T) {
	site := djangotest.Site(t, filepath.Join(t.TempDir(), "site.db"), `k"ey`, `TIME_ZONE = "Europe/Paris"`)
	if out := site.Manage("migrate", "--plan"); !strings.Contains(out, "sessions.0001_initial") {
		t.Errorf("migrate --plan printed %q", out)
	}
	site.Manage("migrate")
	out := site.Run(`
from django.conf import settings
from django.contrib.sessions.models import Session
print(settings.SECRET_KEY, settings.TIME_ZONE, Session.objects.count())
`)
	if want := "k\"ey Europe/Paris 0\n"; out != want {
		t.Errorf("Run printed %q, want %q", out, want)
	}
}
