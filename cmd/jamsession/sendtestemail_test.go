package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
)

// mailServer listens until the test ends, and returns its URL and the recipients that it was
// told. It refuses those that begin with "no", for the moment those that begin with "later".
func mailServer(t *testing.T) (url string, told <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	recipients := make(chan string, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go speakSMTP(conn, recipients)
		}
	}()
	return "smtp://" + l.Addr().String(), recipients
}

func speakSMTP(conn net.Conn, recipients chan<- string) {
	defer func() { _ = conn.Close() }()
	fmt.Fprint(conn, "220 ready\r\n")
	inData := false
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		line := lines.Text()
		to, isTo := strings.CutPrefix(line, "RCPT TO:<")
		answer := "250 ok"
		switch {
		case inData && line != ".":
			continue
		case isTo && strings.HasPrefix(to, "no"):
			answer = "550 5.1.1 " + to + " is nobody"
		case isTo && strings.HasPrefix(to, "later"):
			answer = "451 4.7.1 " + to + " may come later"
		case isTo:
			recipients <- strings.TrimSuffix(to, ">")
		case line == "DATA":
			answer = "354 go on"
		}
		inData = line == "DATA"
		fmt.Fprint(conn, answer+"\r\n")
	}
}

// TestSendtestemail to each address, whatever happened to the others.
func TestSendtestemail(t *testing.T) {
	t.Chdir(t.TempDir())
	url, told := mailServer(t)
	t.Setenv("EMAIL_URL", url)
	var out, errs bytes.Buffer
	args := []string{"sendtestemail", "nobody@example.com", "ann@bücher.example", "later@example.com"}
	status := run(t.Context(), args, stdio{os.Stdin, &out, &errs})
	if got := out.String(); status != 1 || got != "Mail to ann@bücher.example sent.\n" {
		t.Errorf("status %d, printed %q", status, got)
	}
	lines := strings.Split(strings.TrimSpace(errs.String()), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], `jamsession: "nobody@example.com": mail: 127.0.0.1: `) ||
		!strings.Contains(lines[0], "refuses with 550") || !strings.HasSuffix(lines[1], "; a site tries again later") {
		t.Errorf("errors: %q", lines)
	}
	if got := <-told; got != "ann@xn--bcher-kva.example" || len(told) > 0 {
		t.Errorf("the server was told %s, and %d more", got, len(told))
	}
}

// TestSendtestemailJudgesAddressesFirst.
func TestSendtestemailJudgesAddressesFirst(t *testing.T) {
	t.Chdir(t.TempDir())
	url, told := mailServer(t)
	t.Setenv("EMAIL_URL", url)
	for _, args := range [][]string{
		{"sendtestemail"},
		{"sendtestemail", "ann@example.com", "ann"},
		{"sendtestemail", "ann@example.com\r\nBcc: eve@example.com"},
	} {
		var out, errs bytes.Buffer
		if status := run(t.Context(), args, stdio{os.Stdin, &out, &errs}); status != 2 || out.Len() > 0 || len(told) > 0 {
			t.Errorf("%q: status %d, printed %q", args, status, &out)
		}
	}
}

// TestSendtestemailWithoutAServer prints the mail.
func TestSendtestemailWithoutAServer(t *testing.T) {
	t.Chdir(t.TempDir())
	var out, errs bytes.Buffer
	status := run(t.Context(), []string{"sendtestemail", "ann@example.com"}, stdio{os.Stdin, &out, &errs})
	if status != 0 || !strings.Contains(out.String(), "To: ann@example.com\nSubject: Test email from ") ||
		!strings.Contains(errs.String(), "EMAIL_URL is not set") {
		t.Errorf("status %d, printed %q, %q", status, &out, &errs)
	}
}

// TestSendtestemailSaysWhyThereIsNoServer, and not the password.
func TestSendtestemailSaysWhyThereIsNoServer(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("EMAIL_URL", "smtp://site:SENTINEL@127.0.0.1:1")
	var out, errs bytes.Buffer
	status := run(t.Context(), []string{"sendtestemail", "ann@example.com"}, stdio{os.Stdin, &out, &errs})
	if status != 1 || !strings.Contains(errs.String(), "connection refused") || strings.Contains(errs.String(), "SENTINEL") {
		t.Errorf("status %d, printed %q", status, &errs)
	}
}
