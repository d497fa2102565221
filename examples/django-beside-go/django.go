package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

//go:embed django_site.py
var djangoSite []byte

// findPython returns a Python that has a Django.
func findPython(ctx context.Context) (string, error) {
	candidates := []string{"python3", "/usr/bin/python3"}
	if named := os.Getenv("DJANGO_PYTHON"); named != "" {
		candidates = []string{named}
	}
	for _, python := range candidates {
		check := exec.CommandContext(ctx, python, "-c", "import django; assert django.VERSION >= (3, 2)")
		check.Dir = os.TempDir() // or a folder called django would be imported
		if check.Run() == nil {
			return python, nil
		}
	}
	return "", fmt.Errorf("no Django 3.2 or newer in %s: install one with apt-get install python3-django, "+
		"or let DJANGO_PYTHON name a Python that has it", strings.Join(candidates, " or "))
}

// A djangoProcess is the running Django.
type djangoProcess struct {
	djangoFacts
	url    string
	cmd    *exec.Cmd
	stdin  io.Closer
	done   chan struct{} // closed when the process has ended
	result error
}

// djangoFacts is what it prints when it is ready.
type djangoFacts struct {
	Port       int
	Iterations int
	Version    string
}

// startDjango makes the tables and the user, and serves.
func startDjango(ctx context.Context, python, dir string, shared shared) (*djangoProcess, error) {
	script := filepath.Join(dir, "django_site.py")
	if err := os.WriteFile(script, djangoSite, 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command(python, script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "SECRET_KEY="+shared.secretKey,
		"DATABASE="+shared.database, "USERNAME="+shared.username, "PASSWORD="+shared.password)
	var problems strings.Builder
	cmd.Stderr = &problems
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &djangoProcess{cmd: cmd, stdin: stdin, done: make(chan struct{})}
	stop := context.AfterFunc(ctx, func() { _ = stdin.Close() })
	defer stop()
	facts, err := bufio.NewReader(stdout).ReadBytes('\n')
	go p.reap()
	if err != nil || json.Unmarshal(facts, &p.djangoFacts) != nil {
		p.stop()
		return nil, fmt.Errorf("the Django site did not start: %w\n%s",
			errors.Join(ctx.Err(), p.result), problems.String())
	}
	p.url = fmt.Sprintf("http://127.0.0.1:%d", p.Port)
	return p, nil
}

func (p *djangoProcess) reap() {
	p.result = p.cmd.Wait()
	close(p.done)
}

// wait returns when Django has ended, which it should not do by itself.
func (p *djangoProcess) wait() error {
	<-p.done
	return fmt.Errorf("the Django site has ended: %w", errors.Join(errors.New("unexpectedly"), p.result))
}

// stop ends Django, and waits until it has ended.
func (p *djangoProcess) stop() {
	_ = p.stdin.Close()
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}
