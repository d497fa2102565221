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
		return fmt.Errorf("%v: %w", sending.Reason, answer)
	case errors.As(err, &sending):
		return temporary{fmt.Errorf("%v: the server gives no answer", sending.Reason)}
	case errors.As(err, &refused):
		return refusal(refused.Code, enhancedCode.FindString(refused.Msg))
	case errors.As(err, &garbled):
		return errors.New("the server does not speak SMTP")
	case isLost(err):
		return temporary{err}
	default:
		return err
	}
}

// enhancedCode matches the beginning of the text after the code.
var enhancedCode = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// refusal names the code of an answer, and the enhanced one if there is any.
func refusal(code int, enhanced string) error {
	err := fmt.Errorf("the server refuses with %s", strings.TrimSpace(fmt.Sprint(code, " ", enhanced)))
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
