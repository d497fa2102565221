package django

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/servertest"
)

// others are the versions of Django that are tried beside the machine's own, if they
// are in the folder that JAMSESSION_ASIDE names.
var others = []string{"4.2", "5.2"}

// TestOtherDjangos runs TestDjango with each, in a process of its own, since one process
// has one Django. A version that is not there has no case, but a row that says so.
func TestOtherDjangos(t *testing.T) {
	for _, version := range others {
		python := servertest.Aside("django-" + version + "/python")
		if _, err := os.Stat(python); err != nil {
			fmt.Printf(tableRow, "Django "+version, "all", absent, absent)
			continue
		}
		t.Run(version, func(t *testing.T) { tryVersion(t, version, python) })
	}
}

// tryVersion prints the rows of the engines that it tries.
func tryVersion(t *testing.T, version, python string) {
	tried := triedWithOthers()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestDjango$/^("+
		strings.ReplaceAll(regexp.QuoteMeta(strings.Join(tried, "\n")), "\n", "|")+")$")
	child.Env = append(os.Environ(), "DJANGO_PYTHON="+python)
	out, err := child.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, mute.ReplaceAll(out, nil))
	}
	rows := make(map[string]int)
	for line := range strings.Lines(string(out)) {
		columns := strings.Split(line, "|")
		if len(columns) < 5 {
			continue
		}
		name := strings.TrimSpace(columns[1])
		if slices.Contains(tried, name) && strings.Contains(line, notTried) {
			t.Errorf("Django %s: %s", version, line)
		}
		if rows[name]++; !strings.Contains(line, notTried) {
			fmt.Print(line)
		}
	}
	if rows["Django "+version] != 1 {
		t.Errorf("no table of Django %s:\n%s", version, out)
	}
	for _, name := range tried {
		if rows[name] < rowsOf(name) {
			t.Errorf("Django %s: %d rows of %s:\n%s", version, rows[name], name, out)
		}
	}
}

// rowsOf is how many rows the table has for an engine.
func rowsOf(name string) int {
	i := slices.IndexFunc(engines, func(e engine) bool { return e.name == name })
	return len(engines[i].scenarios())
}

// mute are the rows that say nothing about a failure.
var mute = regexp.MustCompile(`(?m)^\| .*(passed .*passed|not tried) +\|\n`)

// triedWithOthers returns the engines on which other versions are tried: with
// JAMSESSION_WHOLE=1 all, and else a few.
func triedWithOthers() (names []string) {
	sample := []string{"db on SQLite", "cache on Redis", "UUID key on SQLite"}
	for _, e := range engines {
		if os.Getenv("JAMSESSION_WHOLE") == "1" || slices.Contains(sample, e.name) {
			names = append(names, e.name)
		}
	}
	return names
}
