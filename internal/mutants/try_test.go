package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// site makes a module with a lock, its test, and a list of mistakes.
func site(t *testing.T, list string) options {
	t.Helper()
	t.Setenv("GOFLAGS", "") // the overlay of a run that tries this package is not for this module
	dir := t.TempDir()
	write(t, dir, "go.mod", "module example.com/site\n\ngo 1.26\n")
	write(t, dir, "lock/lock.go", `package lock

// Opens says whether the code is right.
func Opens(code string) bool { return len(code) == 4 && code == "1234" }
`)
	write(t, dir, "lock/lock_test.go", `package lock

import "testing"

func TestWrongCode(t *testing.T) {
	if Opens("1235") || !Opens("1234") {
		t.Fail()
	}
}
`)
	write(t, dir, "internal/attacks/attacks_test.go", `package attacks

import (
	"testing"

	"example.com/site/lock"
)

func TestNoCode(t *testing.T) {
	if lock.Opens("") {
		t.Fail()
	}
}
`)
	write(t, dir, "list/lock.toml", list)
	return options{
		root: dir, list: "list", match: pattern{regexp.MustCompile("")},
		parallel: 2, timeout: time.Minute,
	}
}

const (
	noticedAtHome = `
[[mutant]]
file = "lock/lock.go"
breaks = "every code is right"
old = 'code == "1234"'
new = 'code != ""'
`
	noticedByAttack = `
[[mutant]]
file = "lock/lock.go"
breaks = "no code is right"
old = '&& code == "1234"'
new = '&& code == "1234" || code == ""'
`
	survivor = `
[[mutant]]
file = "lock/lock.go"
breaks = "the length does not count"
old = 'len(code) == 4 && '
new = ''
`
	garbage = `
[[mutant]]
file = "lock/lock.go"
breaks = "nothing"
old = 'code == "1234"'
new = 'code == 1234'
`
	endless = `
[[mutant]]
file = "lock/lock.go"
breaks = "no code is ever checked"
old = 'return len(code) == 4'
new = 'for { }; return len(code) == 4'
`
	stale = `
[[mutant]]
file = "lock/lock.go"
breaks = "what is not there"
old = 'code == "4321"'
new = 'true'
`
)

// TestMistakesAreNoticed: by the tests of the package, and else by the attacks;
// the file stays as it is.
func TestMistakesAreNoticed(t *testing.T) {
	o := site(t, noticedAtHome+noticedByAttack)
	before, _ := os.ReadFile(filepath.Join(o.root, "lock/lock.go"))
	good, out := run(t, o)
	if !good || !strings.Contains(out, "2 tried: 2 noticed, 0 survived, 0 errors; 0 not tried") ||
		!strings.Contains(out, "every code is right (./lock TestWrongCode)") ||
		!strings.Contains(out, "no code is right (./internal/attacks TestNoCode)") {
		t.Errorf("%v:\n%s", good, out)
	}
	if after, _ := os.ReadFile(filepath.Join(o.root, "lock/lock.go")); string(after) != string(before) {
		t.Errorf("the file is changed:\n%s", after)
	}
}

// TestUnnoticedMistakesFail: survivors fail, and so do entries that are not mistakes:
// their text does not compile, or is not in the file any more.
func TestUnnoticedMistakesFail(t *testing.T) {
	good, out := run(t, site(t, survivor+garbage+stale))
	for _, want := range []string{
		"SURVIVED  lock/lock.go: the length does not count\n",
		"ERROR     lock/lock.go: nothing: does not compile",
		"ERROR     lock/lock.go: what is not there: its text is in the file 0 times",
		"3 tried: 0 noticed, 1 survived, 2 errors; 0 not tried",
	} {
		if good || !strings.Contains(out, want) {
			t.Errorf("%v, want %q:\n%s", good, want, out)
		}
	}
}

// TestBaselineMustPass: the tests of a broken package notice nothing.
func TestBaselineMustPass(t *testing.T) {
	o := site(t, noticedAtHome)
	o.baseline = true
	write(t, o.root, "lock/broken_test.go", "package lock\n\nimport \"testing\"\n\n"+
		"func TestBroken(t *testing.T) { t.Fail() }\n")
	if good, out := run(t, o); good || !strings.Contains(out, "./lock fails without a mistake: TestBroken") {
		t.Errorf("%v:\n%s", good, out)
	}
}

// TestSampleIsRepeatable: a seed says in which order, and the time how many.
func TestSampleIsRepeatable(t *testing.T) {
	all := make([]mutant, 50)
	for i := range all {
		all[i].File = string(rune('a' + i))
	}
	order := func(seed uint64) (names string) {
		o := options{match: pattern{regexp.MustCompile("")}, limit: time.Hour, seed: seed}
		for _, m := range o.choose(all) {
			names += m.File
		}
		return names
	}
	first, again, other := order(1), order(1), order(2)
	if first != again || first == other || len(first) < len(all) {
		t.Error(first, again, other)
	}
	o := site(t, noticedAtHome+noticedByAttack)
	o.limit = time.Nanosecond
	if good, out := run(t, o); !good || !strings.Contains(out, "2 not tried") {
		t.Errorf("%v:\n%s", good, out)
	}
}

// TestSampleEndsInTime: a mistake whose tests take too long for it counts as not tried.
func TestSampleEndsInTime(t *testing.T) {
	o := site(t, endless)
	o.limit = 500 * time.Millisecond
	begun := time.Now()
	good, out := run(t, o)
	if took := time.Since(begun); !good || took > 30*time.Second ||
		!strings.Contains(out, "0 tried: 0 noticed, 0 survived, 0 errors; 1 not tried") {
		t.Errorf("%v after %v:\n%s", good, took, out)
	}
}

func run(t *testing.T, o options) (bool, string) {
	t.Helper()
	var out strings.Builder
	good, err := try(t.Context(), o, &out)
	if err != nil {
		t.Fatal(err)
	}
	return good, out.String()
}
