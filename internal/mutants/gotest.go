package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// A toolchain runs the go command in one module.
type toolchain struct {
	root    string
	timeout time.Duration
	until   time.Time // when tests must have ended; zero: whenever they do
	overlay string    // the file for -overlay; "" for the tree as it is
}

// withFile returns t with other contents of one file. Clean up with remove.
func (t toolchain) withFile(name string, text []byte) (_ toolchain, remove func(), err error) {
	dir, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return t, nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) } // what stays is the system's to clear
	root, err := filepath.Abs(t.root)
	if err != nil {
		return t, remove, err
	}
	changed := filepath.Join(dir, filepath.Base(name))
	overlay, err := json.Marshal(map[string]map[string]string{
		"Replace": {filepath.Join(root, filepath.FromSlash(name)): changed},
	})
	if err != nil {
		return t, remove, err
	}
	t.overlay = filepath.Join(dir, "overlay.json")
	return t, remove, errors.Join(
		os.WriteFile(changed, text, 0o600), os.WriteFile(t.overlay, overlay, 0o600))
}

// errTooLate is why a mistake that was begun in time counts as not tried.
var errTooLate = errors.New("its tests took too long for this sample")

// test runs the tests of a package. If they fail, failed is the first one's
// name, or what else was wrong with them. What does not compile is an error.
func (t toolchain) test(ctx context.Context, pkg string) (failed string, err error) {
	// Vet would refuse some mistakes before a test sees them. Without symbols
	// for debuggers the program is linked sooner.
	timeout, cut := t.timeout, false
	if left := time.Until(t.until); !t.until.IsZero() && left < timeout {
		timeout, cut = max(left, time.Millisecond), true
	}
	out, err := t.run(ctx, "test", "-count=1", "-failfast", "-vet=off", "-ldflags=-s -w",
		"-timeout", timeout.String(), pkg)
	if _, exited := errors.AsType[*exec.ExitError](err); err == nil || ctx.Err() != nil || !exited {
		return "", errors.Join(err, ctx.Err())
	}
	if strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]") {
		return "", fmt.Errorf("does not compile:\n%s", out)
	}
	failed = "the test program"
	if first := failure.FindStringSubmatch(out); first != nil {
		failed = first[1]
	}
	if strings.Contains(out, "panic: test timed out") {
		if cut {
			return "", errTooLate
		}
		failed += ", timed out"
	}
	return failed, nil
}

// failure finds the test that failed, or that was running at a panic or when
// the time was over.
var failure = regexp.MustCompile(`(?m)^\s*(?:--- FAIL: |running tests:\s+)(\S+)`)

// run runs the go command and returns what it printed. The overlay is in the
// environment, so that the programs that tests build have the mistake, too.
func (t toolchain) run(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = t.root
	cmd.Env = os.Environ()
	if t.overlay != "" {
		cmd.Env = append(cmd.Env, "GOFLAGS="+os.Getenv("GOFLAGS")+" -overlay="+t.overlay)
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}
