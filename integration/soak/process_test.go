package soak

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A process serves the site.
type process struct {
	settings []string

	mu   sync.Mutex
	url  string // "" while it is down
	cmd  *exec.Cmd
	text *bytes.Buffer // its standard error
}

// start runs the process until it answers.
func (p *process) start(t testing.TB) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), childVar+"=1"), p.settings...)
	text := new(bytes.Buffer)
	cmd.Stderr = text
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = cmd.Wait()
		t.Fatalf("the process did not start: %s", text)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.url, p.cmd, p.text = "http://"+strings.TrimSpace(addr), cmd, text
}

// kill ends the process at once.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.url != "" {
		p.url = ""
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

// stop ends the process in order, and returns what it left behind.
func (p *process) stop() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.url = ""
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	timer := time.AfterFunc(time.Minute, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("%w: %s", err, p.text)
	}
	return nil
}

// An answer is what a page said, or why nobody knows.
type answer struct {
	status int
	body   string
	cookie string // a new key; "" for none
	gone   bool   // the cookie is removed
	err    error
	sent   bool // the request may have reached the site
}

// client has no idle connections, which would hide how many the site keeps.
var client = &http.Client{
	Transport: &http.Transport{DisableKeepAlives: true},
	Timeout:   15 * time.Second,
}

// get asks for a page with a session's key.
func (p *process) get(path, key string) (a answer) {
	p.mu.Lock()
	url := p.url
	p.mu.Unlock()
	if url == "" {
		return answer{err: fmt.Errorf("the process is down")}
	}
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		WroteHeaders: func() { a.sent = true },
	})
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+path, nil)
	if err != nil {
		return answer{err: err}
	}
	if key != "" {
		r.Header.Set("Cookie", "sessionid="+key)
	}
	resp, err := client.Do(r)
	if err != nil {
		return answer{err: err, sent: true}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	a.status, a.body, a.err = resp.StatusCode, string(body), err
	for _, line := range resp.Header["Set-Cookie"] {
		if value, ok := strings.CutPrefix(line, "sessionid="); ok {
			value, _, _ = strings.Cut(value, ";")
			a.cookie, a.gone = strings.Trim(value, `"`), strings.Contains(line, "Max-Age=0")
		}
	}
	return a
}

// known reports whether the page was served.
func (a answer) known() bool { return a.err == nil && a.status == http.StatusOK }

func (a answer) String() string { return fmt.Sprintf("%d %.200q %v", a.status, a.body, a.err) }
