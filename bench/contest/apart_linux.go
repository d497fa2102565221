package contest

import (
	"errors"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// Apart keeps this program to half of the processors until together is
// called, and what start starts to the others for good, as if they were two
// machines. Otherwise it is the scheduler's luck whether a server answers on
// the processor where it was asked or wakes another one, which makes a factor
// of three. With one processor, all is as it was.
func Apart(start func()) (together func(), err error) {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return nil, err
	}
	ours, theirs := halve(all)
	if ours.Count() == 0 {
		start()
		return func() {}, nil
	}
	if err := keepTo(ours); err != nil {
		return nil, err
	}
	procs := runtime.GOMAXPROCS(ours.Count())
	together = func() {
		runtime.GOMAXPROCS(procs)
		_ = keepTo(all)
	}
	started := false
	defer func() {
		if !started { // it may have panicked
			together()
		}
	}()
	err = startOn(theirs, ours, start)
	started = err == nil
	return together, err
}

// Processors returns how many there are for what is started now: in the start
// of [Apart], those that this program does not have.
func Processors() int {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return runtime.NumCPU()
	}
	return set.Count()
}

func halve(all unix.CPUSet) (first, second unix.CPUSet) {
	n := all.Count()
	for cpu, seen := 0, 0; seen < n; cpu++ {
		if !all.IsSet(cpu) {
			continue
		}
		seen++
		if seen <= n/2 {
			first.Set(cpu)
		} else {
			second.Set(cpu)
		}
	}
	return first, second
}

// keepTo moves all threads. Those to come are made by these, and stay with them.
func keepTo(set unix.CPUSet) error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			return err
		}
		if err := unix.SchedSetaffinity(id, &set); err != nil && !errors.Is(err, unix.ESRCH) { // it has ended
			return err
		}
	}
	return nil
}

// startOn runs start in a thread on some processors: so are the processes that
// it starts. Threads of this program are made by others meanwhile.
func startOn(theirs, ours unix.CPUSet, start func()) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.SchedSetaffinity(0, &theirs); err != nil {
		return err
	}
	defer func() { _ = unix.SchedSetaffinity(0, &ours) }()
	start()
	return nil
}
