package browser

import (
	"bufio"
	"context"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A program is the running example site.
type program struct {
	t        *testing.T
	url      string
	password string // of the user demo, who is staff
	lines    chan string
}

// build compiles the example once for all tests.
var build = sync.OnceValues(func() (string, error) {
	file := filepath.Join(buildDir, "login")
	return file, goBuild(file, "./examples/login")
})

// goBuild compiles a program of this repository.
func goBuild(file, pkg string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "build", "-o", file, pkg)
	cmd.Dir = filepath.Join("..", "..")
	cmd.WaitDelay = time.Second // for compilers that outlive it
	out, err := cmd.CombinedOutput()
	return wrap(err, out)
}

// startProgram runs the example as it is on a free port and a new database,
// with these settings, until the test ends.
func startProgram(t *testing.T, env ...string) *program {
	t.Helper()
	file, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return runProgram(t, file, env...)
}

// runProgram runs a program that prints its address and a password.
func runProgram(t *testing.T, file string, env ...string) *program {
	t.Helper()
	cmd := exec.CommandContext(context.Background(), file)
	cmd.Dir = t.TempDir()
	cmd.Env = append(env, "ADDR=127.0.0.1:0", "PBKDF2_ITERATIONS=1000", "PATH=/usr/bin:/bin")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, lines: make(chan string, 1000)}
	go func() {
		defer close(p.lines)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			p.lines <- scanner.Text()
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(2*patience, func() { _ = cmd.Process.Kill() })
		defer late.Stop()
		for range p.lines { // lest it waits for somebody who reads the rest
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the program ended with %v", err)
		}
	})
	p.url = p.prints(`Open +(http://127\.0\.0\.1:\d+)/`)
	p.password = p.prints(`Password +(\S+)`)
	return p
}

// prints waits for a line of the program's terminal, and returns the part of
// it in parentheses.
func (p *program) prints(pattern string) string {
	p.t.Helper()
	re, late := regexp.MustCompile(pattern), time.After(patience)
	for {
		select {
		case line, ok := <-p.lines:
			if m := re.FindStringSubmatch(line); m != nil {
				return m[1]
			}
			if !ok {
				p.t.Fatalf("the program ended and did not print %s", pattern)
			}
		case <-late:
			p.t.Fatalf("the program did not print %s", pattern)
		}
	}
}
