package conf

import (
	"errors"

	"github.com/jamsession/jamsession/mail"
	"github.com/jamsession/jamsession/secret"
)

func setEmailURL(s *Settings, v value) error {
	raw, err := v.text()
	if err != nil || raw == "" {
		return err
	}
	if _, err := mail.NewSMTP(raw, "webmaster@localhost"); err != nil {
		return err
	}
	s.EmailURL = secret.New(raw)
	return nil
}

func setFromEmail(s *Settings, v value) error {
	from, err := v.text()
	if err != nil {
		return err
	}
	if _, err := mail.NewSMTP("smtp://localhost", from); err != nil {
		return errors.New(`want an address, such as "Example <noreply@example.com>"`)
	}
	s.DefaultFromEmail = from
	return nil
}

// MailServer returns what sends the site's mails, or nil if no server is named.
func (s *Settings) MailServer() (mail.Sender, error) {
	if s.EmailURL.IsZero() {
		return nil, nil
	}
	return mail.NewSMTP(s.EmailURL.Reveal(), s.DefaultFromEmail)
}
