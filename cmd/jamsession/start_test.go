package main

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
)

// TestLittleIsMadeBeforeMain: each command waits for what packages make in variables, such
// as tables, regular expressions and templates. What few commands need, make when it is
// needed.
func TestLittleIsMadeBeforeMain(t *testing.T) {
	const most, mostOfOne = 1 << 20, 100 << 10 // bytes
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, "-test.run=^$")
	command.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	seen := regexp.MustCompile(`(?m)^init (\S+) .* (\d+) bytes, `).FindAllSubmatch(out, -1)
	if len(seen) < 50 {
		t.Fatalf("the runtime names %d packages: %s", len(seen), out)
	}
	sum := 0
	for _, match := range seen {
		bytes, _ := strconv.Atoi(string(match[2])) // digits
		if bytes > mostOfOne {
			t.Errorf("%s takes %d bytes, more than %d", match[1], bytes, mostOfOne)
		}
		sum += bytes
	}
	if sum > most {
		t.Errorf("all packages take %d bytes, more than %d", sum, most)
	}
	t.Logf("%d packages take %d bytes", len(seen), sum)
}
