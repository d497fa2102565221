package djangotest_test

import (
	"path/filepath"
	"strconv"
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

// TestRunsShareNothing: a program is run in a copy of a process that has imported Django,
// and changes nothing for the next one.
func TestRunsShareNothing(t *testing.T) {
	const program = `
import os, random, sys
from django.conf import settings
assert not hasattr(sys, "ran") and "RAN" not in os.environ and __name__ == "__main__"
sys.ran = os.environ["RAN"] = "1"
print(settings.TIME_ZONE, sys.argv, os.getcwd() == os.path.realpath(sys.path[0]), random.random())
`
	seen := make(map[string]bool)
	for _, zone := range []string{"Europe/Paris", "Asia/Tokyo", "UTC"} {
		site := djangotest.Site(t, filepath.Join(t.TempDir(), "site.db"), "key", "TIME_ZONE = "+strconv.Quote(zone))
		out := site.Run(program)
		if want := zone + " ['script.py'] True "; !strings.HasPrefix(out, want) || seen[out] {
			t.Errorf("printed %q, want %q", out, want)
		}
		_, number, _ := strings.Cut(out, "True ")
		if seen[number] {
			t.Errorf("%s is not random", number)
		}
		seen[number] = true
	}
}
