package load

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// inherited is the number of the listener among a process's files.
const inherited = 3

// A process is a running server.
type process struct {
	addr string
	pid  int
}

// start runs cmd with a listener as file 3, until the end of t. Connections
// wait in the listener until the server takes them; if it ends, they fail.
func start(t testing.TB, cmd *exec.Cmd) *process {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	cmd.ExtraFiles = []*os.File{f}
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	dieWithUs(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	t.Cleanup(func() { stop(cmd, done) })
	return &process{addr: l.Addr().String(), pid: cmd.Process.Pid}
}

// stop asks the process to end, and ends it if it does not.
func stop(cmd *exec.Cmd, done <-chan struct{}) {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		_ = cmd.Process.Kill()
		<-done
	}
}

// A usage is what a server has taken from the machine, with the processes
// that it started. It is zero where there is no /proc.
type usage struct {
	cpu            time.Duration
	resident, peak int64 // bytes
}

// tick is the unit in which Linux tells the time of the processor.
const tick = 10 * time.Millisecond

func (p *process) usage() usage {
	var sum usage
	for _, pid := range family(p.pid) {
		u := usageOf(pid)
		sum.cpu += u.cpu
		sum.resident += u.resident
		sum.peak += u.peak
	}
	return sum
}

func usageOf(pid int) usage {
	var u usage
	if fields := stat(pid); len(fields) > 12 {
		u.cpu = time.Duration(number(fields[11])+number(fields[12])) * tick // utime, stime
	}
	text, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	for line := range strings.Lines(string(text)) {
		switch name, value, _ := strings.Cut(line, ":"); name {
		case "VmRSS":
			u.resident = number(strings.TrimSuffix(strings.TrimSpace(value), " kB")) << 10
		case "VmHWM":
			u.peak = number(strings.TrimSuffix(strings.TrimSpace(value), " kB")) << 10
		}
	}
	return u
}

// stat returns the fields of a process behind its name: the first is its
// state, the second its parent.
func stat(pid int) []string {
	text, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	end := strings.LastIndexByte(string(text), ')')
	return strings.Fields(string(text[end+1:]))
}

// family returns a process and its children.
func family(pid int) []int {
	pids := []int{pid}
	names, _ := filepath.Glob("/proc/[0-9]*")
	for _, name := range names {
		child := int(number(filepath.Base(name)))
		if fields := stat(child); len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			pids = append(pids, child)
		}
	}
	slices.Sort(pids)
	return pids
}

func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}
