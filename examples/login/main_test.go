package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// starts runs the program in a new folder until it has printed its address,
// and returns what it printed.
func starts(t *testing.T) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out := &lineWriter{stop: stop, until: "Stop"}
	if err := run(ctx, out); err != nil {
		t.Fatal(err)
	}
	return out.text.String()
}

// A lineWriter stops the program when it prints a word.
type lineWriter struct {
	text  bytes.Buffer
	stop  func()
	until string
}

func (w *lineWriter) Write(p []byte) (int, error) {
	if strings.Contains(string(p), w.until) {
		defer w.stop()
	}
	return w.text.Write(p)
}

func TestFirstStartShowsAPasswordOnce(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("ADDR", "127.0.0.1:0")
	t.Setenv("PBKDF2_ITERATIONS", "1000")
	first := starts(t)
	if !regexp.MustCompile(`(?m)^  Open +http://127\.0\.0\.1:\d+/\n  User +demo\n  Password +(\w{4}-){3}\w{4} `).MatchString(first) {
		t.Errorf("the first start prints\n%s", first)
	}
	second := starts(t)
	if strings.Contains(second, "Password") || !strings.Contains(second, "shown at the first start") {
		t.Errorf("the second start prints\n%s", second)
	}
	for _, name := range []string{"secret_key", "db.sqlite3"} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestStartErrorsAreOneLine(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	missing := filepath.Join(t.TempDir(), "missing", "db.sqlite3")
	for _, c := range []struct{ name, key, value, want string }{
		{"used port", "ADDR", taken.Addr().String(), "address already in use: set ADDR"},
		{"folder that is not there", "DATABASE_URL", "sqlite:///" + missing, "no such file or directory"},
		{"unknown database", "DATABASE_URL", "oracle://x", "DATABASE_URL"},
		{"site without a scheme", "SITE_URL", "www.example.com", "SITE_URL must be such as"},
		{"site on FTP", "SITE_URL", "ftp://www.example.com", "SITE_URL must be such as"},
		{"public address without a key", "ADDR", "0.0.0.0:0", "SECRET_KEY is not set"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			t.Setenv("ADDR", "127.0.0.1:0")
			t.Setenv(c.key, c.value)
			var out bytes.Buffer
			err := run(t.Context(), &out)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one line with %q", err, c.want)
			}
			if out.Len() > 0 {
				t.Errorf("printed %s", &out)
			}
			if _, err := os.Stat("db.sqlite3"); err == nil {
				t.Error("a database was made, and perhaps a user whose password nobody has seen")
			}
		})
	}
}

// TestStopSendsTheMailsThatWait: the mail server does not answer before the
// program is told to stop, and it ends when all mails are sent.
func TestStopSendsTheMailsThatWait(t *testing.T) {
	letters := &postOffice{open: make(chan struct{})}
	t.Chdir(t.TempDir())
	t.Setenv("ADDR", "127.0.0.1:0")
	t.Setenv("PBKDF2_ITERATIONS", "1000")
	t.Setenv("LOGIN_LIMIT_STORE", "none")
	t.Setenv("EMAIL_URL", "smtp://"+letters.listen(t))
	ctx, stop := context.WithCancel(t.Context())
	printed, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, writer) }()
	text := make([]byte, 1024)
	n, err := printed.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	v := newVisitor(t, regexp.MustCompile(`http://[\d.:]+`).FindString(string(text[:n])))
	const mails = 50 // more than are sent while the last requests end
	for range mails {
		v.get("/reset/")
		v.leads(v.post("/reset/", "username", "demo@example.com"), "/login/")
	}
	v.client.CloseIdleConnections()
	stop()
	close(letters.open)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := letters.taken.Load(); got != mails {
		t.Errorf("%d mails were sent before the program ended, want %d", got, mails)
	}
}

// A postOffice takes mails by SMTP once it is open.
type postOffice struct {
	open  chan struct{}
	taken atomic.Int64
}

// listen returns the address.
func (p *postOffice) listen(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(conn)
		}
	}()
	return l.Addr().String()
}

func (p *postOffice) serve(conn net.Conn) {
	defer conn.Close()
	<-p.open
	fmt.Fprint(conn, "220 open\r\n")
	answers := map[string]string{"DATA": "354 go on", ".": "250 taken", "QUIT": "221 bye"}
	inMail := false
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		line := lines.Text()
		if inMail = (inMail || line == "DATA") && line != "."; inMail && line != "DATA" {
			continue
		}
		if line == "." {
			p.taken.Add(1)
		}
		fmt.Fprint(conn, cmp.Or(answers[line], "250 ok")+"\r\n")
	}
}

// TestServerLimitsEveryWaitForAClient: a visitor who sends or reads slowly, or
// nothing, holds a connection only for a while.
func TestServerLimitsEveryWaitForAClient(t *testing.T) {
	s := newServer(nil)
	for name, d := range map[string]time.Duration{
		"ReadHeaderTimeout": s.ReadHeaderTimeout, "ReadTimeout": s.ReadTimeout,
		"WriteTimeout": s.WriteTimeout, "IdleTimeout": s.IdleTimeout,
	} {
		if d <= 0 || d > 5*time.Minute {
			t.Errorf("%s is %v", name, d)
		}
	}
}

// TestStopLetsRequestsFinish: a request that is under way when the program is
// told to stop gets its answer.
func TestStopLetsRequestsFinish(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	begun, finish := make(chan struct{}), make(chan struct{})
	served := make(chan error, 1)
	go func() {
		served <- serve(ctx, listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(begun)
			<-finish
			_, _ = w.Write([]byte("finished"))
		}), func() {})
	}()
	answer := make(chan string, 1)
	go func() {
		resp, err := http.Get("http://" + listener.Addr().String())
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		answer <- string(text)
	}()
	<-begun
	stop()
	for { // until nobody listens any more
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	close(finish)
	if got := <-answer; got != "finished" {
		t.Errorf("the request got %q", got)
	}
	if err := <-served; err != nil {
		t.Errorf("serve returned %v", err)
	}
}

// TestStopEndsOpenPages: the program does not wait for those who listen.
func TestStopEndsOpenPages(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("ADDR", "127.0.0.1:0")
	t.Setenv("PBKDF2_ITERATIONS", "1000")
	ctx, stop := context.WithCancel(t.Context())
	printed, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, writer) }()
	text := make([]byte, 1024)
	n, err := printed.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	v := newVisitor(t, regexp.MustCompile(`http://[\d.:]+`).FindString(string(text[:n])))
	v.signUp("bob")
	stream := v.listen()
	if line := stream.next(); line != ": the login goes on" {
		t.Errorf("the stream begins with %q", line)
	}
	began := time.Now()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if waited := time.Since(began); waited > 5*time.Second {
		t.Errorf("the program has waited for %v", waited)
	}
	if line := stream.next(); line != "" {
		t.Errorf("the stream has %q", line)
	}
}
