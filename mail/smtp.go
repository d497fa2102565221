package mail

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/url"
	"strconv"

	smtp "github.com/wneessen/go-mail"

	"github.com/jamsession/jamsession/internal/safeurl"
)

// A server sends mails by SMTP.
type server struct {
	from     netmail.Address
	host     string
	port     int
	loopback bool          // the host is this machine
	secured  bool          // with TLS from the start
	login    []smtp.Option // functions, which print nothing
	dial     smtp.DialContextFunc
	roots    *x509.CertPool // nil: the system's
}

// NewSMTP returns a Sender for the server of a URL. From is the sender of the mails:
// "Example <noreply@example.com>". Each mail has its own connection. A server that does
// not respond for 15 seconds is given up.
//
//	smtp://user:password@mail.example.com:587    with STARTTLS, or no mail
//	smtps://user:password@mail.example.com:465   with TLS from the start
//	smtp://localhost:25                          with STARTTLS if it is offered
//
// A server on this machine, by a name or an address of loopback, may have any certificate,
// and gets the password also without TLS: nobody is on the way to it. Every other one has
// to have a certificate for its name, or it gets nothing.
//
// Domains of addresses may have letters of all languages; servers get them in punycode.
// What is before the "@" may, too, if the server offers SMTPUTF8.
//
// Special characters in a name or password are percent-encoded. NewSMTP does not connect
// yet. The error says what is wrong with the URL, and does not show the password.
func NewSMTP(rawURL, from string) (Sender, error) {
	u, err := url.Parse(rawURL)
	if err != nil { // its text has the URL, which has the password
		return nil, errors.New("mail: the URL of the server cannot be read; " +
			"percent-encode special characters in the password")
	}
	sender, err := parseSender(from)
	if err != nil {
		return nil, fmt.Errorf("mail: the sender %.99q is not an address", from)
	}
	if u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || u.Path != "" && u.Path != "/" {
		return nil, errors.New("mail: want smtp://user:password@host:587 or smtps://user:password@host:465")
	}
	host, err := asciiHost(u.Hostname())
	if err != nil {
		return nil, errors.New("mail: the host in the URL of the server is not a name")
	}
	port, err := portOf(u)
	if err != nil {
		return nil, err
	}
	here := safeurl.IsLoopback(host)
	return &server{
		from: sender, host: host, port: port, loopback: here, secured: u.Scheme == "smtps",
		login: login(u.User, here), dial: dialer(here),
	}, nil
}

// portOf returns the port of a URL, or that of its scheme.
func portOf(u *url.URL) (int, error) {
	switch {
	case u.Port() == "" && u.Scheme == "smtps":
		return 465, nil
	case u.Port() == "":
		return 587, nil
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("mail: %s is not a port", u.Port())
	}
	return int(n), nil
}

// Send implements [Sender]. It hands the mail over to the server. An error says that the
// server did not take it, or that this is not known. It shows neither the mail nor its
// address nor the password, and only the codes of a server's answer. It wraps the error of
// ctx if that was done first, which ends the connection. Send gives up a server that is
// silent for 15 seconds.
func (s *server) Send(ctx context.Context, m Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	to, _ := parseAddress(m.To) // as Check did
	ctx, hangUp := context.WithCancel(ctx)
	defer hangUp()
	mail := s.letter(m, to)
	err := s.deliver(ctx, mail, !isASCII(s.from.Address+to.Address))
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

// letter returns the mail as it is sent.
func (s *server) letter(m Message, to netmail.Address) *smtp.Msg {
	mail := smtp.NewMsg(smtp.WithNoDefaultUserAgent())
	mail.FromMailAddress(&s.from)
	mail.ToMailAddress(&to)
	mail.Subject(m.Subject)
	mail.SetBodyString(smtp.TypeTextPlain, m.Text)
	mail.SetDate()
	mail.SetMessageID()
	return mail
}

var errASCIIOnly = errors.New("the server takes only ASCII before the @ of an address: " +
	"it does not offer SMTPUTF8")

// deliver hands a mail over on a connection of its own.
func (s *server) deliver(ctx context.Context, mail *smtp.Msg, international bool) error {
	client, conn, err := s.connect(ctx, s.policy(), international)
	if err != nil && s.loopback && !s.secured && plainMayDo(ctx, err) {
		client, conn, err = s.connect(ctx, smtp.NoTLS, international)
	}
	if err != nil {
		return err
	}
	if offered, _ := conn.Extension("SMTPUTF8"); international && !offered {
		err = errASCIIOnly
	} else {
		err = client.SendWithSMTPClient(conn, mail)
	}
	_ = client.CloseWithSMTPClient(conn)
	return err
}

// String returns mail.Sender and the host, without the password.
func (s *server) String() string { return "mail.Sender(" + s.host + ")" }

// Format keeps every verb from showing the password.
func (s *server) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }
