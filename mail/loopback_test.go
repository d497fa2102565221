package mail_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/mail"
)

// handshake secures a connection as a server, with a certificate that nobody knows.
func handshake(t *testing.T, versions ...uint16) func(net.Conn) (net.Conn, error) {
	t.Helper()
	_, config := certificate(t)
	if len(versions) > 0 {
		config.MinVersion, config.MaxVersion = versions[0], versions[0]
	}
	return func(conn net.Conn) (net.Conn, error) {
		secured := tls.Server(conn, config)
		return secured, secured.Handshake()
	}
}

// TestSelfSignedOnThisMachine: there any certificate will do, with STARTTLS and from the
// start, and for every other host only one for its name.
func TestSelfSignedOnThisMachine(t *testing.T) {
	_, secured := certificate(t)
	for host, sent := range map[string]bool{
		"127.0.0.1": true, "127.8.8.8": true, "localhost": true, "LOCALHOST.": true, "mail.localhost": true,
		"[::1]": true, "[::ffff:127.0.0.1]": true,
		"mail.example.com": false, "192.0.2.1": false, "10.0.0.1": false, "localhost.example.com": false,
		"[2001:db8::1]": false,
	} {
		for scheme, server := range map[string]*server{
			"smtp": {starttls: handshake(t), offers: []string{"AUTH PLAIN"}}, "smtps": {tls: secured},
		} {
			var mu sync.Mutex
			var said []string
			server.session = func(line string) {
				mu.Lock()
				defer mu.Unlock()
				said = append(said, line)
			}
			server.listen(t)
			sender, err := mail.NewSMTP(scheme+"://user:SENTINEL@"+host, "noreply@example.com")
			if err != nil {
				t.Fatal(err)
			}
			mail.DialTo(sender, server.addr)
			err = sender.Send(t.Context(), link())
			if (err == nil) != sent || (len(server.mails) == 1) != sent {
				t.Errorf("%s://%s: error %v, %d mails", scheme, host, err, len(server.mails))
			}
			mu.Lock()
			if all := strings.Join(said, "\n"); strings.Contains(all, "AUTH") != sent {
				t.Errorf("%s://%s: the server got\n%s", scheme, host, all)
			}
			mu.Unlock()
		}
	}
}

// TestPlainWhereTLSFails, on this machine: the mail is sent without it. Elsewhere it is not.
func TestPlainWhereTLSFails(t *testing.T) {
	fail := func(net.Conn) (net.Conn, error) { return nil, errors.New("none") }
	for name, starttls := range map[string]func(net.Conn) (net.Conn, error){
		"old TLS": handshake(t, tls.VersionTLS10), "no TLS": fail,
	} {
		for host, sent := range map[string]bool{"127.0.0.1": true, "mail.example.com": false} {
			server := server{starttls: starttls}
			server.listen(t)
			sender, err := mail.NewSMTP("smtp://"+host, "noreply@example.com")
			if err != nil {
				t.Fatal(err)
			}
			mail.DialTo(sender, server.addr)
			if err := sender.Send(t.Context(), link()); (err == nil) != sent || (len(server.mails) == 1) != sent {
				t.Errorf("%s on %s: error %v, %d mails", name, host, err, len(server.mails))
			}
		}
	}
}

// TestSTARTTLSIsRefused with a code: plain will do on this machine.
func TestSTARTTLSIsRefused(t *testing.T) {
	server := server{offers: []string{"STARTTLS"}, refuse: "STARTTLS"}
	server.listen(t)
	sender, err := mail.NewSMTP("smtp://"+server.addr, "noreply@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.Send(t.Context(), link()); err != nil {
		t.Error(err)
	}
}

// TestPasswordInPlainOnThisMachineOnly: each way to log in that a server may offer, and no second
// try with a password that was refused.
func TestPasswordInPlainOnThisMachineOnly(t *testing.T) {
	for _, offer := range []string{"AUTH PLAIN", "AUTH LOGIN", "AUTH PLAIN LOGIN"} {
		for host, sent := range map[string]bool{"127.0.0.1": true, "localhost": true, "192.0.2.1": false} {
			server := server{offers: []string{offer}}
			server.listen(t)
			sender, err := mail.NewSMTP("smtp://user:password@"+host, "noreply@example.com")
			if err != nil {
				t.Fatal(err)
			}
			mail.DialTo(sender, server.addr)
			if err := sender.Send(t.Context(), link()); (err == nil) != sent {
				t.Errorf("%s on %s: error %v", offer, host, err)
			}
		}
	}
	tries := 0
	sender, err := mail.NewSMTP("smtp://user:password@localhost", "noreply@example.com")
	if err != nil {
		t.Fatal(err)
	}
	mail.Answer(sender, func(conn net.Conn) {
		defer func() { _ = conn.Close() }()
		fmt.Fprint(conn, "220 ready\r\n")
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			switch line := lines.Text(); {
			case strings.HasPrefix(line, "EHLO"):
				fmt.Fprint(conn, "250-server\r\n250 AUTH PLAIN\r\n")
			case strings.HasPrefix(line, "AUTH"):
				tries++
				fmt.Fprint(conn, "535 5.7.8 no\r\n")
			default:
				fmt.Fprint(conn, "250 ok\r\n")
			}
		}
	})
	if err := sender.Send(t.Context(), link()); err == nil || errors.Is(err, mail.ErrTemporary) || tries != 1 {
		t.Errorf("%d tries, error %v", tries, err)
	}
}

// TestNameOfThisMachineLeadsElsewhere: whatever DNS says, a password goes to this machine.
func TestNameOfThisMachineLeadsElsewhere(t *testing.T) {
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	conn, err := mail.Dialer(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	own, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range own {
		ip := a.(*net.IPNet).IP
		if ip.IsLoopback() || ip.To4() == nil {
			continue
		}
		if _, err := mail.Dialer(t.Context(), "tcp", net.JoinHostPort(ip.String(), port)); err == nil ||
			!strings.Contains(err.Error(), "leads to another one") {
			t.Errorf("%s: error %v", ip, err)
		}
		return
	}
	t.Skip("not run: this machine has no other address")
}

// TestSilentServerIsNotTriedTwice: each wait has its limit, and they do not add up.
func TestSilentServerIsNotTriedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sender, err := mail.NewSMTP("smtp://localhost", "noreply@example.com")
		if err != nil {
			t.Fatal(err)
		}
		server := server{silent: "STARTTLS", offers: []string{"STARTTLS"}}
		mail.Answer(sender, server.serve)
		start := time.Now()
		if err := sender.Send(t.Context(), link()); !errors.Is(err, mail.ErrTemporary) {
			t.Errorf("error %v", err)
		}
		if passed := time.Since(start); passed != 15*time.Second {
			t.Errorf("Send has ended after %v", passed)
		}
	})
}

// TestTemporaryErrors are those after which the same mail may be taken.
func TestTemporaryErrors(t *testing.T) {
	once := func(answer string) func(net.Conn) {
		return func(conn net.Conn) {
			_, _ = io.WriteString(conn, answer)
			_ = conn.Close()
		}
	}
	for answer, want := range map[string]bool{
		"421 4.3.2 too many connections\r\n": true, "": true,
		"554 5.3.2 no\r\n": false, "HTTP/1.1 400 Bad Request\r\n": false,
	} {
		sender, err := mail.NewSMTP("smtp://127.0.0.1", "noreply@example.com")
		if err != nil {
			t.Fatal(err)
		}
		mail.Answer(sender, once(answer))
		if err := sender.Send(t.Context(), link()); errors.Is(err, mail.ErrTemporary) != want {
			t.Errorf("%q: %v", answer, err)
		}
	}
	for refuse, want := range map[string]bool{"RCPT": false, "MAIL": false, "": true} {
		server := server{refuse: refuse}
		server.again.Store(1)
		server.listen(t)
		sender, err := mail.NewSMTP("smtp://"+server.addr, "noreply@example.com")
		if err != nil {
			t.Fatal(err)
		}
		err = sender.Send(t.Context(), link())
		if err == nil || errors.Is(err, mail.ErrTemporary) != want || strings.Contains(err.Error(), "john") {
			t.Errorf("refuses %q: %v", refuse, err)
		}
		if want && sender.Send(t.Context(), link()) != nil {
			t.Error("the second try fails")
		}
	}
	gone, err := mail.NewSMTP("smtp://127.0.0.1:1", "noreply@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.Send(t.Context(), link()); !errors.Is(err, mail.ErrTemporary) {
		t.Errorf("nobody listens: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := gone.Send(ctx, link()); errors.Is(err, mail.ErrTemporary) {
		t.Errorf("the context is done: %v", err)
	}
	if err := gone.Send(t.Context(), mail.Message{To: "nobody"}); errors.Is(err, mail.ErrTemporary) {
		t.Errorf("no address: %v", err)
	}
}
