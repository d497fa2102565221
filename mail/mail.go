// Package mail sends the few mails that a login needs, such as reset links.
//
// A program gives a [Sender] to package reset. [NewSMTP] is one for a mail server;
// [Terminal] prints mails while a site is being developed.
package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"unicode"
)

// A Message is a mail of plain text to one address.
type Message struct {
	To      string // "john@example.com"; 254 bytes at most
	Subject string // one line; 998 bytes at most
	Text    string // lines end in "\n"
}

// Format implements [fmt.Formatter]: no verb shows the address or the text,
// which may be a link that opens an account.
func (m Message) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "mail.Message") }

// LogValue implements [slog.LogValuer], as Format.
func (m Message) LogValue() slog.Value { return slog.StringValue("mail.Message") }

// ErrInvalid is wrapped by the errors for a message that no server would take:
// its address cannot be read, or its subject has a line break.
var ErrInvalid = errors.New("mail: invalid message")

// ErrTemporary is wrapped by the errors of a [Sender] for a message that may well be taken
// later: the server is not there, says so (a code from 400 to 499, as those that do
// greylisting), or does not answer. Package reset then tries again after some minutes.
var ErrTemporary = errors.New("mail: not taken at the moment")

// Check returns an error that wraps [ErrInvalid] unless the message can be sent.
// The error names the problem and does not show the text.
func (m Message) Check() error {
	if _, err := parseAddress(m.To); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if len(m.Subject) > maxSubject {
		return fmt.Errorf("%w: the subject is too long", ErrInvalid)
	}
	if strings.ContainsFunc(m.Subject, unicode.IsControl) {
		return fmt.Errorf("%w: the subject has a line break or a control character", ErrInvalid)
	}
	return nil
}

// A Sender sends mails. It must be safe for concurrent use, return when ctx is
// done, and not put a mail into its errors, which are logged: its text may be a
// link that opens an account, and its address is somebody's.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Terminal returns a Sender that writes each mail to w, for development:
// anybody who sees the terminal can use the links in it. Nil is os.Stdout.
func Terminal(w io.Writer) Sender {
	if w == nil {
		w = os.Stdout
	}
	return &terminal{w: w}
}

type terminal struct {
	mu sync.Mutex
	w  io.Writer
}

func (t *terminal) Send(_ context.Context, m Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	line := strings.Repeat("-", 72)
	_, err := fmt.Fprintf(t.w, "%s\nTo: %s\nSubject: %s\n\n%s\n%s\n",
		line, m.To, m.Subject, strings.TrimRight(m.Text, "\n"), line)
	if err != nil {
		return fmt.Errorf("mail: terminal: %w", err)
	}
	return nil
}
