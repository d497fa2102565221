package contest

import (
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// TestApart: what is started and what starts it share no processor, and in the
// end all is as it was.
func TestApart(t *testing.T) {
	var all, during, after unix.CPUSet
	affinity := func(set *unix.CPUSet) {
		t.Helper()
		if err := unix.SchedGetaffinity(0, set); err != nil {
			t.Fatal(err)
		}
	}
	affinity(&all)
	if all.Count() < 2 {
		t.Skip("not run: there is one processor only")
	}
	procs := runtime.GOMAXPROCS(0)
	var child []byte
	together, err := Apart(func() {
		child, _ = exec.Command("grep", "Cpus_allowed_list", "/proc/self/status").Output()
	})
	if err != nil {
		t.Fatal(err)
	}
	affinity(&during)
	if during.Count() != all.Count()/2 || runtime.GOMAXPROCS(0) != during.Count() {
		t.Errorf("this program has %d processors and GOMAXPROCS %d, of %d processors",
			during.Count(), runtime.GOMAXPROCS(0), all.Count())
	}
	first, second := halve(all)
	if during != first {
		t.Error("this program does not have the first half")
	}
	list := regexp.MustCompile(`\d+`).FindAllString(string(child), -1)
	if len(list) == 0 || !second.IsSet(number(t, list[0])) || !second.IsSet(number(t, list[len(list)-1])) {
		t.Errorf("what was started may use %q", child)
	}
	together()
	affinity(&after)
	if after != all || runtime.GOMAXPROCS(0) != procs {
		t.Error("afterwards it is not as it was")
	}
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
