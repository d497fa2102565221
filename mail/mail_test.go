package mail_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

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

func TestTerminalOfNilIsTheProgramsOutput(t *testing.T) {
	if got, want := fmt.Sprintf("%+v", mail.Terminal(nil)), fmt.Sprintf("%+v", mail.Terminal(os.Stdout)); got != want {
		t.Errorf("%s, want %s", got, want)
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
	var server server
	server.listen(t)
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
	server := server{refuse: "MAIL"}
	server.listen(t)
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

// TestSendEndsWithItsContext: at each point of the conversation the server
// falls silent, and then the context is done. Send ends before any time has
// passed, and closes the connection.
func TestSendEndsWithItsContext(t *testing.T) {
	roots, secured := certificate(t)
	for _, scheme := range []string{"smtp", "smtps"} {
		for _, at := range []string{"connection", "EHLO", "MAIL", "RCPT", "DATA", "From: "} {
			for _, want := range []error{context.Canceled, context.DeadlineExceeded} {
				t.Run(scheme+"/"+at+"/"+want.Error(), func(t *testing.T) {
					server := server{silent: at, mails: make(chan string, 1)}
					if scheme == "smtps" {
						server.tls = secured
					}
					synctest.Test(t, func(t *testing.T) { server.sendTo(t, scheme, roots, want) })
				})
			}
		}
	}
}

// sendTo sends a mail with a context that ends with the error want, once the
// server is silent.
func (s *server) sendTo(t *testing.T, scheme string, roots *x509.CertPool, want error) {
	t.Helper()
	sender, err := mail.NewSMTP(scheme+"://127.0.0.1", "noreply@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if scheme == "smtps" {
		mail.Trust(sender, roots)
	}
	gone := make(chan struct{})
	mail.Answer(sender, func(conn net.Conn) {
		defer close(gone)
		s.serve(conn)
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	start, end := time.Now(), time.Second
	if errors.Is(want, context.Canceled) {
		end = 0
		go func() {
			synctest.Wait() // until all wait for the server
			cancel()
		}()
	}
	if err := sender.Send(ctx, link()); !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
	if passed := time.Since(start); passed != end {
		t.Errorf("Send has ended after %v, want %v", passed, end)
	}
	<-gone
}

// TestRefusalShowsCodesOnly: servers repeat what they refuse, the address and
// the command with the password, too. The error says where and why.
func TestRefusalShowsCodesOnly(t *testing.T) {
	roots, secured := certificate(t)
	for line, want := range map[string]string{
		"AUTH": "550 5.1.1", "MAIL": "the server refuses with 550 5.1.1 at MAIL FROM,",
		"RCPT": "the server refuses with 550 5.1.1 at RCPT TO,", "DATA": "the server refuses with 550 5.1.1 at DATA,",
		".": "the server refuses with 554 5.7.1 after the text of the mail",
	} {
		server := server{refuse: line, tls: secured}
		server.listen(t)
		sender, err := mail.NewSMTP("smtps://user:SENTINEL@"+server.addr, "noreply@example.com")
		if err != nil {
			t.Fatal(err)
		}
		mail.Trust(sender, roots)
		err = sender.Send(t.Context(), link())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is refused: error %v, want one with %q", line, err, want)
		}
		for ; err != nil; err = errors.Unwrap(err) {
			for _, secret := range []string{"john", "SENTINEL", "U0VOVElORUw", "/reset/", "noreply"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%s is refused: %q is in %q", line, secret, err)
				}
			}
		}
	}
}

// TestAnswerThatIsNotSMTP, such as that of a web server on this port.
func TestAnswerThatIsNotSMTP(t *testing.T) {
	sender, err := mail.NewSMTP("smtp://127.0.0.1", "noreply@example.com")
	if err != nil {
		t.Fatal(err)
	}
	for answer, want := range map[string]string{
		"HTTP/1.1 400 Bad Request SENTINEL\r\n": "does not speak SMTP",
		"554 5.3.2 SENTINEL\r\n":                "refuses with 554 5.3.2",
		"535 5.7.8 SENTINEL\r\n":                "refuses the username or the password with 535 5.7.8",
		"":                                      "the server hangs up",
	} {
		mail.Answer(sender, func(conn net.Conn) {
			_, _ = io.WriteString(conn, answer)
			_ = conn.Close()
		})
		err := sender.Send(t.Context(), link())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "SENTINEL") {
			t.Errorf("%q: error %v, want one with %q", answer, err, want)
		}
	}
}

// TestMissingOffersAreNamed: what a server does not offer is said in words that lead on.
func TestMissingOffersAreNamed(t *testing.T) {
	for url, want := range map[string]string{
		"smtp://user:SENTINEL@localhost":          "the server takes no password",
		"smtp://user:SENTINEL@mail.example.com":   "the server does not offer STARTTLS",
		"smtps://user:SENTINEL@mail.example.com/": "the server does not speak TLS from the start",
	} {
		server := server{}
		server.listen(t)
		sender, err := mail.NewSMTP(url, "noreply@example.com")
		if err != nil {
			t.Fatal(err)
		}
		mail.DialTo(sender, server.addr)
		err = sender.Send(t.Context(), link())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "SENTINEL") ||
			errors.Is(err, mail.ErrTemporary) {
			t.Errorf("%s: error %v, want one with %q", url, err, want)
		}
	}
}

// TestMailThatWasTakenIsSent: whatever the server does after that.
func TestMailThatWasTakenIsSent(t *testing.T) {
	for _, at := range []string{"RSET", "QUIT"} {
		synctest.Test(t, func(t *testing.T) {
			sender, err := mail.NewSMTP("smtp://127.0.0.1", "noreply@example.com")
			if err != nil {
				t.Fatal(err)
			}
			server := server{silent: at, mails: make(chan string, 1)}
			mail.Answer(sender, server.serve)
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				synctest.Wait() // until all wait for the server
				cancel()
			}()
			if err := sender.Send(ctx, link()); err != nil || len(server.mails) != 1 {
				t.Errorf("silent at %s: %d mails, error %v", at, len(server.mails), err)
			}
		})
	}
}

// TestTLSFromTheStart: the password goes only to a server that is trusted.
func TestTLSFromTheStart(t *testing.T) {
	roots, secured := certificate(t)
	server := server{tls: secured}
	server.listen(t)
	sender, err := mail.NewSMTP("smtps://user:password@example.com", "noreply@example.com")
	if err != nil {
		t.Fatal(err)
	}
	mail.DialTo(sender, server.addr)
	if err := sender.Send(t.Context(), link()); err == nil {
		t.Error("a mail was sent to a server that is not trusted")
	}
	mail.Trust(sender, roots)
	if err := sender.Send(t.Context(), link()); err != nil {
		t.Fatal(err)
	}
	if got := <-server.mails; !strings.Contains(got, "AUTH PLAIN ") {
		t.Errorf("the mail came without a password:\n%s", got)
	}
}

// certificate returns a certificate for 127.0.0.1, and a pool that trusts
// it.
func certificate(t *testing.T) (*x509.CertPool, *tls.Config) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return roots, &tls.Config{Certificates: s.TLS.Certificates}
}

func TestImpossibleServers(t *testing.T) {
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
	for host, sent := range map[string]bool{
		"mail.example.com": false, "192.0.2.1": false, "10.0.0.1": false, "[2001:db8::1]": false,
		"localhost.example.com": false, "localhost": true, "127.0.0.1": true, "[::1]": true,
	} {
		var server server
		server.listen(t)
		sender, err := mail.NewSMTP("smtp://"+host, "noreply@example.com")
		if err != nil {
			t.Fatal(err)
		}
		mail.DialTo(sender, server.addr)
		if err := sender.Send(t.Context(), link()); (err == nil) != sent || (len(server.mails) == 1) != sent {
			t.Errorf("%s: error %v, %d mails", host, err, len(server.mails))
		}
	}
}

// A server speaks as much SMTP as a mail needs.
type server struct {
	addr   string
	mails  chan string
	refuse string      // it refuses this line, and repeats it
	tls    *tls.Config // nil: none
	silent string      // it says nothing to this line, and no more after it

	starttls func(net.Conn) (net.Conn, error) // nil: it is not offered
	offers   []string                         // extensions
	again    atomic.Int32                     // so many mails are refused with 451 first
	session  func(line string)                // nil, or gets each line that a client sends
}

func (s *server) listen(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	s.addr, s.mails = l.Addr().String(), make(chan string, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
}

func (s *server) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	if s.silent == "connection" {
		_, _ = io.Copy(io.Discard, conn)
		return
	}
	if s.tls != nil {
		conn = tls.Server(conn, s.tls)
	}
	say := func(line string) { _, _ = fmt.Fprintf(conn, "%s\r\n", line) }
	var mail strings.Builder
	inData := false
	say("220 ready")
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		line := lines.Text()
		mail.WriteString(line + "\n")
		if s.session != nil {
			s.session(line)
		}
		switch {
		case s.silent != "" && strings.HasPrefix(line, s.silent):
			_, _ = io.Copy(io.Discard, conn)
			return
		case inData && line == ".":
			inData = false
			if s.refuse == "." {
				say("554 5.7.1 " + strings.ReplaceAll(mail.String(), "\n", " "))
				continue
			}
			s.mails <- mail.String()
			say("250 taken")
		case inData:
		case s.refuse != "" && strings.HasPrefix(line, s.refuse):
			say("550 5.1.1 " + line + ": no")
		case strings.HasPrefix(line, "DATA"):
			inData = true
			say("354 go on")
		case strings.HasPrefix(line, "QUIT"):
			say("221 bye")
			return
		case strings.HasPrefix(line, "EHLO"):
			say("250-server\r\n250-" + strings.Join(s.extensions(), "\r\n250-") + "\r\n250 HELP")
		case strings.HasPrefix(line, "STARTTLS"):
			say("220 go on")
			secured, err := s.starttls(conn)
			if err != nil {
				return
			}
			conn, lines = secured, bufio.NewScanner(secured)
		case strings.HasPrefix(line, "RCPT") && s.again.Add(-1) >= 0:
			say("451 4.7.1 " + line + ": come back later")
		case strings.HasPrefix(line, "AUTH"):
			say("235 welcome")
		default:
			say("250 ok")
		}
	}
}

func (s *server) extensions() []string {
	all := append([]string{"ENHANCEDSTATUSCODES"}, s.offers...)
	if s.tls != nil {
		all = append(all, "AUTH PLAIN")
	}
	if s.starttls != nil {
		all = append(all, "STARTTLS")
	}
	return all
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
	// Output: mail.Sender(mail.example.com) <nil>
}
