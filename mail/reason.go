package mail

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"regexp"
	"strings"

	smtp "github.com/wneessen/go-mail"
)

// reason returns what went wrong with a mail, without the words of the server:
// they often repeat what the server was sent, which is somebody's address, or
// the command with the password. The codes say what is meant (RFC 5321, RFC
// 3463).
func reason(err error) error {
	var sending *smtp.SendError
	var refused *textproto.Error
	var garbled textproto.ProtocolError
	switch {
	case errors.As(err, &sending) && sending.ErrorCode() > 0:
		answer := refusal(sending.ErrorCode(), sending.EnhancedStatusCode())
		return fmt.Errorf("%w%s", answer, at[sending.Reason])
	case errors.As(err, &sending):
		return temporary{fmt.Errorf("the server gives no answer%s", at[sending.Reason])}
	case errors.As(err, &refused):
		return refusal(refused.Code, enhancedCode.FindString(refused.Msg))
	case errors.As(err, &garbled):
		return errors.New("the server does not speak SMTP")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return temporary{fmt.Errorf("the server hangs up: %w", err)}
	case isLost(err):
		return temporary{err}
	default:
		return inPlainWords(err)
	}
}

// at says at which step of a delivery there is no good answer.
var at = map[smtp.SendErrReason]string{
	smtp.ErrSMTPMailFrom:  " at MAIL FROM, the sender's address",
	smtp.ErrSMTPRcptTo:    " at RCPT TO, the address of the mail",
	smtp.ErrSMTPData:      " at DATA, before the text of the mail",
	smtp.ErrWriteContent:  " within the text of the mail",
	smtp.ErrSMTPDataClose: " after the text of the mail",
}

// inPlainWords says what a server does not offer. The errors of the client for it have no names.
func inPlainWords(err error) error {
	for part, words := range map[string]string{
		"does not support SMTP AUTH": "the server takes no password; try smtps:// or another port",
		"does not support STARTTLS":  "the server does not offer STARTTLS; try smtps:// or another port",
		"look like a TLS handshake":  "the server does not speak TLS from the start; try smtp://",
	} {
		if strings.Contains(err.Error(), part) {
			return fmt.Errorf("%s (%w)", words, err)
		}
	}
	return err
}

// enhancedCode matches the beginning of the text after the code.
var enhancedCode = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// refusal names the code of an answer, and the enhanced one if there is any.
func refusal(code int, enhanced string) error {
	what := "refuses"
	if code == 535 {
		what = "refuses the username or the password"
	}
	err := fmt.Errorf("the server %s with %s", what, strings.TrimSpace(fmt.Sprint(code, " ", enhanced)))
	if code >= 400 && code < 500 {
		return temporary{err}
	}
	return err
}

// isLost reports whether there was no connection, or it broke.
func isLost(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// temporary makes an error one that is [ErrTemporary] without changing its text.
type temporary struct{ error }

func (t temporary) Unwrap() []error { return []error{t.error, ErrTemporary} }
