package sqlstore_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestLibcIsTheDriversOwn: modernc.org/sqlite is translated for one version of
// modernc.org/libc and may fail with another, which nothing else would notice.
func TestLibcIsTheDriversOwn(t *testing.T) {
	wanted, err := os.ReadFile(goList(t, "-f", "{{.GoMod}}", "modernc.org/sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`modernc\.org/libc (v\S+)`).FindSubmatch(wanted)
	if want == nil {
		t.Fatal("modernc.org/sqlite does not require modernc.org/libc")
	}
	if got := goList(t, "-f", "{{.Version}}", "modernc.org/libc"); got != string(want[1]) {
		t.Errorf("go.mod selects modernc.org/libc %s; modernc.org/sqlite wants %s", got, want[1])
	}
}

func goList(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-m"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}
