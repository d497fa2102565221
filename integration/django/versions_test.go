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
// are in the folder that JAMSESSION_ASIDE names. From 5.0 on, MariaDB has columns of UUIDs.
var others = []struct {
	version string
	sample  []string // of the engines
}{
	{"4.2", []string{"cache on Redis", "UUID key on SQLite"}},
	{"5.2", []string{"db on SQLite", "UUID key on MariaDB"}},
}

// TestOtherDjangos runs TestDjango with each, in a process of its own, since one process
// has one Django. A version that is not there has no case, but a row that says so.
func TestOtherDjangos(t *testing.T) {
	for _, other := range others {
		python := servertest.Aside("django-" + other.version + "/python")
		if _, err := os.Stat(python); err != nil {
			fmt.Printf(tableRow, "Django "+other.version, "all", absent, absent)
			continue
		}
		tried := triedWithOthers(other.sample)
		t.Run(other.version, func(t *testing.T) { tryVersion(t, other.version, python, tried) })
	}
}

// tryVersion prints the rows of the engines that it tries.
func tryVersion(t *testing.T, version, python string, tried []string) {
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestDjango$/^("+
		strings.ReplaceAll(regexp.QuoteMeta(strings.Join(groups(tried), "\n")), "\n", "|")+")$")
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

// groups are the tests of engines. The formats of caches have one for all.
func groups(engines []string) (names []string) {
	for _, name := range engines {
		if slices.Contains(namesOf(formats), name) {
			name = formatsOfCaches
		}
		names = append(names, name)
	}
	return slices.Compact(names)
}

func namesOf(engines []engine) (names []string) {
	for _, e := range engines {
		names = append(names, e.name)
	}
	return names
}

// rowsOf is how many rows the table has for an engine.
func rowsOf(name string) int {
	all := slices.Concat(engines, formats)
	i := slices.IndexFunc(all, func(e engine) bool { return e.name == name })
	return len(all[i].scenarios())
}

// mute are the rows that say nothing about a failure.
var mute = regexp.MustCompile(`(?m)^\| .*(passed .*passed|not tried) +\|\n`)

// triedWithOthers returns the engines on which other versions are tried: with
// JAMSESSION_WHOLE=1 all, and else the sample.
func triedWithOthers(sample []string) []string {
	if os.Getenv("JAMSESSION_WHOLE") == "1" {
		return namesOf(slices.Concat(engines, formats))
	}
	return sample
}
