package conf

import (
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/jamsession/jamsession/internal/safeurl"
)

// leastIterations is what OWASP's password storage cheat sheet asks of
// PBKDF2 with SHA-256, and with SHA-1.
const (
	leastIterations     = 600_000
	leastIterationsSHA1 = 1_400_000
)

// checkHashes asks what a stolen table costs to crack.
func (s *Settings) checkHashes() []Finding {
	var findings []Finding
	first := "pbkdf2_sha256"
	if len(s.PasswordHashers) > 0 {
		first = s.PasswordHashers[0]
	}
	least := leastIterations
	if first == "pbkdf2_sha1" {
		least = leastIterationsSHA1
	}
	if s.PBKDF2Iterations < least && strings.HasPrefix(first, "pbkdf2") {
		findings = append(findings, warn("jamsession.W001",
			fmt.Sprintf("PBKDF2_ITERATIONS is below %d: a stolen password hash is cheap to crack.", least),
			"Raise it, or keep it equal to that of the Django site on the same table.")...)
	}
	if first == "bcrypt" {
		findings = append(findings, warn("jamsession.W030",
			"PASSWORD_HASHERS begins with bcrypt, which looks at the first 72 bytes of a password only.",
			"Put argon2, scrypt or bcrypt_sha256 first; it stays readable behind them.")...)
	}
	if weak := s.weakHashers(); len(weak) > 0 {
		findings = append(findings, warn("jamsession.W031",
			"PASSWORD_HASHERS has "+strings.Join(weak, ", ")+": a thief of the table has such "+
				"passwords in an hour.",
			"Take them out when no user has such a hash any more, or set an unusable password for the "+
				"users who still have one.")...)
	}
	if !s.PasswordUpgrade {
		findings = append(findings, warn("jamsession.W032",
			"PASSWORD_UPGRADE is false: hashes that are cheap to crack stay so when their users log in.",
			"Remove the setting when Django's hashers and iterations are the same as here.")...)
	}
	return findings
}

func (s *Settings) weakHashers() []string {
	var weak []string
	for _, name := range s.PasswordHashers {
		if slices.Contains(readOnlyAlgorithms, name) {
			weak = append(weak, name)
		}
	}
	return weak
}

// checkNewPasswords asks what passwords are let through: ASVS 6.2.
func (s *Settings) checkNewPasswords() []Finding {
	var findings []Finding
	for name, what := range map[string]string{
		"length": "a single character", "common": "the most common one",
	} {
		if !slices.Contains(s.PasswordValidators, name) {
			findings = append(findings, warn("jamsession.W033",
				"AUTH_PASSWORD_VALIDATORS lacks "+name+": "+what+" is accepted as a password.",
				`Remove the setting, or set it to "all".`)...)
		}
	}
	slices.SortFunc(findings, func(a, b Finding) int { return strings.Compare(a.Message, b.Message) })
	if s.PasswordMinLength < 8 && slices.Contains(s.PasswordValidators, "length") {
		findings = append(findings, warn("jamsession.W034",
			fmt.Sprintf("PASSWORD_MIN_LENGTH is %d; 8 is the least that ASVS and NIST accept.",
				s.PasswordMinLength),
			"Set it to 8, or to 15, which both recommend where there is no second factor.")...)
	}
	return findings
}

// mostReset is how long a code that recovers an account by mail may be valid,
// by NIST SP 800-63B-4.
const mostReset = 24 * time.Hour

// checkRecovery asks who can use a link that was mailed.
func (s *Settings) checkRecovery() []Finding {
	var findings []Finding
	if s.PasswordResetTimeout > mostReset {
		findings = append(findings, warn("jamsession.W035",
			"PASSWORD_RESET_TIMEOUT is more than a day: anyone who sees an old mail can take the "+
				"account over.",
			"Set it to 86400 or less; an hour, 3600, is enough for most.")...)
	}
	if s.EmailURL.IsZero() {
		findings = append(findings, warn("jamsession.W036",
			"EMAIL_URL is empty: mails, with the links that reset passwords, go to the terminal or "+
				"its log.",
			"Set it to smtp://user:password@host:587.")...)
	}
	return append(findings, s.checkSender()...)
}

// checkSender asks whether other servers take mails from the sender.
func (s *Settings) checkSender() []Finding {
	parsed, err := netmail.ParseAddress(s.DefaultFromEmail)
	if err != nil {
		return nil // Load has refused it
	}
	at := strings.LastIndexByte(parsed.Address, '@')
	name, domain := parsed.Address[:at], parsed.Address[at+1:]
	var findings []Finding
	if isLocalDomain(strings.ToLower(domain)) {
		findings = append(findings, warn("jamsession.W037",
			"DEFAULT_FROM_EMAIL is an address that only this machine or network knows: mail servers "+
				"refuse such mails, or treat them as forged.",
			"Set it to an address of the site's own domain, which has SPF and DKIM.")...)
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) {
		findings = append(findings, warn("jamsession.W058",
			"DEFAULT_FROM_EMAIL has other letters than ASCII before the @: a mail server without SMTPUTF8 "+
				"takes no mail from it.",
			"Set it to an address such as noreply@ the domain, which may have any letters.")...)
	}
	return findings
}

// isLocalDomain reports whether DNS does not have a domain.
func isLocalDomain(domain string) bool {
	return safeurl.IsLoopback(domain) || isWide(domain) || strings.HasPrefix(domain, "[") ||
		strings.HasSuffix(domain, ".local") || strings.HasSuffix(domain, ".localdomain") ||
		strings.HasSuffix(domain, ".internal")
}
