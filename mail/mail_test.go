package mail_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/mail"
)

func link() mail.Message {
	return mail.Message{
		To: "john@example.com", Subject: "Réset your password",
		Text: "Use this link:\n\nhttps://example.com/reset/MQ/" + strings.Repeat("abc", 30) + "/\n.\nEnd\n",
	}
}

func TestTerminal(t *testing.T) {
	var out bytes.Buffer
	sender := mail.Terminal(&out)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := sender.Send(t.Context(), link()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	one := out.String()[:out.Len()/20]
	if out.String() != strings.Repeat(one, 20) {
		t.Error("the mails are mixed up")
	}
	if !strings.Contains(one, "To: john@example.com\nSubject: Réset your password\n\n"+link().Text[:40]) {
		t.Errorf("written is %s", one)
	}
}

// TestHeadersCannotBeInjected: an address or a subject is one line.
func TestHeadersCannotBeInjected(t *testing.T) {
	var out bytes.Buffer
	toServer, err := mail.NewSMTP("smtp://127.0.0.1:1", "noreply@example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, sender := range []mail.Sender{mail.Terminal(&out), toServer} {
		for _, m := range []mail.Message{
			{To: "john@example.com\r\nBcc: eve@example.com"},
			{To: "john@example.com, eve@example.com"},
			{To: "John <john@example.com>"},
			{To: ""},
			{To: "john@example.com", Subject: "Hello\nBcc: eve@example.com"},
		} {
			if err := sender.Send(t.Context(), m); !errors.Is(err, mail.ErrInvalid) {
				t.Errorf("%q, %q: error %v, want ErrInvalid", m.To, m.Subject, err)
			}
		}
	}
	if out.Len() > 0 {
		t.Errorf("written is %q", &out)
	}
}

func TestSMTP(t *testing.T) {
	server := listen(t)
	sender, err := mail.NewSMTP("smtp://"+server.addr, "Example <noreply@example.com>")
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.Send(t.Context(), link()); err != nil {
		t.Fatal(err)
	}
	got := <-server.mails
	for _, want := range []string{
		"MAIL FROM:<noreply@example.com>", "RCPT TO:<john@example.com>",
		`From: "Example" <noreply@example.com>`, "Date: ", "Message-ID: ", "Subject: =?UTF-8?",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the mail has no %s:\n%s", want, got)
		}
	}
	joined := strings.ReplaceAll(got, "=\n", "")
	if !strings.Contains(joined, "/reset/MQ/"+strings.Repeat("abc", 30)+"/\n") || !strings.Contains(joined, "\nEnd\n") {
		t.Errorf("the link is not whole:\n%s", got)
	}
}

func TestSMTPThatFails(t *testing.T) {
	server := listen(t)
	server.refuse = true
	sender, err := mail.NewSMTP("smtp://user:SENTINEL@"+server.addr, "noreply@example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(sender), fmt.Sprintf("%#v %+v", sender, sender)} {
		if strings.Contains(text, "SENTINEL") {
			t.Errorf("printed is %s", text)
		}
	}
	err = sender.Send(t.Context(), link())
	if err == nil || strings.Contains(err.Error(), "SENTINEL") || strings.Contains(err.Error(), "/reset/") {
		t.Errorf("error %v", err)
	}
	gone, err := mail.NewSMTP("smtp://127.0.0.1:1", "noreply@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.Send(t.Context(), link()); err == nil {
		t.Error("a mail was sent to nobody")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sender.Send(ctx, link()); err == nil {
		t.Error("a mail was sent after the context was done")
	}
}

func TestServersThatCannotBe(t *testing.T) {
	for _, u := range []string{
		"", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://h:0", "smtp://h:99999",
		"smtp://user:SENTINEL%zz@h", "smtp://h/path",
	} {
		_, err := mail.NewSMTP(u, "noreply@example.com")
		if err == nil || strings.Contains(err.Error(), "SENTINEL") || !strings.HasPrefix(err.Error(), "mail: ") {
			t.Errorf("%q: error %v", u, err)
		}
	}
	if _, err := mail.NewSMTP("smtp://h", "nobody"); err == nil {
		t.Error("a sender without an address")
	}
}

// TestNoTLSNoMail: a server elsewhere that offers no TLS gets nothing, and
// above all no password.
func TestNoTLSNoMail(t *testing.T) {
	for host, sent := range map[string]bool{"mail.example.com": false, "localhost": true} {
		server := listen(t)
		sender, err := mail.NewSMTP("smtp://"+host, "noreply@example.com")
		if err != nil {
			t.Fatal(err)
		}
		sender.DialTo(server.addr)
		if err := sender.Send(t.Context(), link()); (err == nil) != sent || (len(server.mails) == 1) != sent {
			t.Errorf("%s: error %v, %d mails", host, err, len(server.mails))
		}
	}
}

// A server speaks as much SMTP as a mail needs.
type server struct {
	addr   string
	mails  chan string
	refuse bool
}

func listen(t *testing.T) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	s := &server{addr: l.Addr().String(), mails: make(chan string, 10)}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	return s
}

func (s *server) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	say := func(line string) { _, _ = fmt.Fprintf(conn, "%s\r\n", line) }
	var mail strings.Builder
	inData := false
	say("220 ready")
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		line := lines.Text()
		mail.WriteString(line + "\n")
		switch {
		case inData && line == ".":
			inData = false
			s.mails <- mail.String()
			say("250 taken")
		case inData:
		case s.refuse && !strings.HasPrefix(line, "EHLO") && !strings.HasPrefix(line, "QUIT"):
			say("550 no")
		case strings.HasPrefix(line, "DATA"):
			inData = true
			say("354 go on")
		case strings.HasPrefix(line, "QUIT"):
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func ExampleTerminal() {
	sender := mail.Terminal(os.Stdout)
	err := sender.Send(context.Background(), mail.Message{
		To: "john@example.com", Subject: "Hello", Text: "How are you?\n",
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// ------------------------------------------------------------------------
	// To: john@example.com
	// Subject: Hello
	//
	// How are you?
	// ------------------------------------------------------------------------
}

func ExampleNewSMTP() {
	sender, err := mail.NewSMTP("smtps://user:password@mail.example.com", "Example <noreply@example.com>")
	fmt.Println(sender, err)
	// Output: mail.SMTP(mail.example.com) <nil>
}
