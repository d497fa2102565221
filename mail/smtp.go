package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"slices"
	"strconv"
	"time"

	smtp "github.com/wneessen/go-mail"
)

// A server sends mails by SMTP.
type server struct {
	from    string
	host    string
	tls     *tls.Config // of a connection with TLS from the start; nil: without
	dial    smtp.DialContextFunc
	options []smtp.Option
}

// NewSMTP returns a Sender for the server of a URL. From is the sender of the mails:
// "Example <noreply@example.com>". Each mail has its own connection. A server that does
// not respond for 15 seconds is given up.
//
//	smtp://user:password@mail.example.com:587    with STARTTLS, or no mail
//	smtps://user:password@mail.example.com:465   with TLS from the start
//	smtp://localhost:25                          with STARTTLS if it is offered
//
// Special characters in a name or password are percent-encoded. NewSMTP does not connect
// yet. The error says what is wrong with the URL, and does not show the password.
func NewSMTP(rawURL, from string) (Sender, error) {
	u, err := url.Parse(rawURL)
	if err != nil { // its text has the URL, which has the password
		return nil, errors.New("mail: the URL of the server cannot be read; " +
			"percent-encode special characters in the password")
	}
	if _, err := netmail.ParseAddress(from); err != nil {
		return nil, fmt.Errorf("mail: the sender %q is not an address", from)
	}
	if u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || u.Path != "" && u.Path != "/" {
		return nil, errors.New("mail: want smtp://user:password@host:587 or smtps://user:password@host:465")
	}
	s := &server{
		from: from, host: u.Hostname(), dial: new(net.Dialer).DialContext,
		options: []smtp.Option{smtp.WithTimeout(15 * time.Second)},
	}
	if err := s.configure(u); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *server) configure(u *url.URL) error {
	port := 587
	switch {
	case u.Scheme == "smtps":
		port = 465
		s.tls = &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}
		s.options = append(s.options, smtp.WithTLSPolicy(smtp.TLSOpportunistic)) // sees that there is TLS
	case local(s.host):
		s.options = append(s.options, smtp.WithTLSPolicy(smtp.TLSOpportunistic))
	default:
		s.options = append(s.options, smtp.WithTLSPolicy(smtp.TLSMandatory))
	}
	if text := u.Port(); text != "" {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil || n == 0 {
			return fmt.Errorf("mail: %s is not a port", text)
		}
		port = int(n)
	}
	s.options = append(s.options, smtp.WithPort(port))
	if u.User != nil {
		password, _ := u.User.Password()
		s.options = append(s.options, smtp.WithSMTPAuth(smtp.SMTPAuthAutoDiscover),
			smtp.WithUsername(u.User.Username()), smtp.WithPassword(password))
	}
	return nil
}

// Send implements [Sender]. It hands the mail over to the server. An error says that the server did not
// take it, or that this is not known. It shows neither the mail nor its address
// nor the password, and only the codes of a server's answer. It wraps the error
// of ctx if that was done first, which ends the connection. Send gives up a
// server that is silent for 15 seconds.
func (s *server) Send(ctx context.Context, m Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	mail := smtp.NewMsg(smtp.WithNoDefaultUserAgent())
	if err := errors.Join(mail.From(s.from), mail.To(m.To)); err != nil {
		return fmt.Errorf("%w: an address cannot be read", ErrInvalid)
	}
	mail.Subject(m.Subject)
	mail.SetBodyString(smtp.TypeTextPlain, m.Text)
	mail.SetDate()
	mail.SetMessageID()
	ctx, hangUp := context.WithCancel(ctx)
	defer hangUp()
	options := append(slices.Clip(s.options), smtp.WithDialContextFunc(s.connect(ctx)))
	client, err := smtp.NewClient(s.host, options...)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	err = client.DialAndSendWithContext(ctx, mail)
	if mail.IsDelivered() {
		return nil // whatever was wrong with the farewell
	}
	if ctx.Err() != nil {
		err = ctx.Err() // and not that the connection was closed
	}
	if err != nil {
		return fmt.Errorf("mail: %s: %w", s.host, reason(err))
	}
	return nil
}

// connect returns what opens connections that end with ctx, with TLS from the
// start if that is asked for.
func (s *server) connect(ctx context.Context) smtp.DialContextFunc {
	return func(dialing context.Context, network, addr string) (net.Conn, error) {
		conn, err := s.dial(dialing, network, addr)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { _ = conn.Close() })
		if s.tls == nil {
			return conn, nil
		}
		secured := tls.Client(conn, s.tls)
		return secured, secured.HandshakeContext(dialing)
	}
}

// String returns mail.Sender and the host, without the password.
func (s *server) String() string { return "mail.Sender(" + s.host + ")" }

// Format keeps every verb from showing the password.
func (s *server) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// local reports whether a host is this machine, so that nobody can listen on
// the way.
func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
