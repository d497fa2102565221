package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/textproto"
	"net/url"
	"time"

	smtp "github.com/wneessen/go-mail"
	protocol "github.com/wneessen/go-mail/smtp"
)

// silence is how long a server may say nothing.
const silence = 15 * time.Second

// connect returns a client and its connection to the server, which ends with ctx: greeted,
// with TLS as the policy says, and logged in.
func (s *server) connect(
	ctx context.Context, policy smtp.TLSPolicy, international bool,
) (*smtp.Client, *protocol.Client, error) {
	options := []smtp.Option{
		smtp.WithPort(s.port), smtp.WithTimeout(silence), smtp.WithTLSPolicy(policy),
		smtp.WithTLSConfig(s.tlsConfig()), smtp.WithDialContextFunc(s.open(ctx)),
	}
	if !international {
		options = append(options, smtp.WithoutSMTPUTF8()) // the server after this one may not offer it
	}
	client, err := smtp.NewClient(s.host, append(options, s.login...)...)
	if err != nil {
		return nil, nil, err
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	return client, conn, err
}

// policy says whether there has to be TLS by STARTTLS.
func (s *server) policy() smtp.TLSPolicy {
	if s.loopback || s.secured { // what is secured already needs no STARTTLS
		return smtp.TLSOpportunistic
	}
	return smtp.TLSMandatory
}

// tlsConfig trusts any certificate of this machine: no authority makes one for it, and
// nobody is on the way.
func (s *server) tlsConfig() *tls.Config {
	return &tls.Config{
		ServerName: s.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: s.loopback,
	}
}

// login has the client say who it is. Only to this machine does it say so without TLS.
func login(user *url.Userinfo, loopback bool) []smtp.Option {
	if user == nil {
		return nil
	}
	how := smtp.WithSMTPAuth(smtp.SMTPAuthAutoDiscover)
	if loopback {
		how = smtp.WithOpportunisticSMTPAuth(smtp.SMTPAuthSCRAMSHA256, smtp.SMTPAuthSCRAMSHA1,
			smtp.SMTPAuthCramMD5, smtp.SMTPAuthPlainNoEnc, smtp.SMTPAuthLoginNoEnc)
	}
	password, _ := user.Password()
	return []smtp.Option{how, smtp.WithUsername(user.Username()), smtp.WithPassword(password)}
}

// open returns what opens connections that end with ctx, with TLS from the
// start if that is asked for.
func (s *server) open(ctx context.Context) smtp.DialContextFunc {
	return func(dialing context.Context, network, addr string) (net.Conn, error) {
		conn, err := s.dial(dialing, network, addr)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { _ = conn.Close() })
		if !s.secured {
			return conn, nil
		}
		secured := tls.Client(conn, s.tlsConfig())
		return secured, secured.HandshakeContext(dialing)
	}
}

// plainMayDo reports whether a second connection without TLS might get further: not if the
// server is silent, or has refused the password.
func plainMayDo(ctx context.Context, err error) bool {
	var slow net.Error
	var refused *textproto.Error
	return ctx.Err() == nil && !(errors.As(err, &slow) && slow.Timeout()) &&
		!(errors.As(err, &refused) && refused.Code/10 == 53)
}

// dialer returns what opens connections. What is this machine by its name has to be so by
// its address, whatever DNS says.
func dialer(loopback bool) smtp.DialContextFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		if at, ok := conn.RemoteAddr().(*net.TCPAddr); loopback && ok && !at.IP.IsLoopback() {
			_ = conn.Close()
			return nil, errors.New("the name of this machine leads to another one")
		}
		return conn, nil
	}
}
