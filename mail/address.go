package mail

import (
	"errors"
	netmail "net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// The most bytes of an address, of a sender with a name, and of a subject. Those of
// an address are RFC 5321's, 4.5.3.1.3. What is longer is not read: an address of
// megabytes would take seconds.
const (
	maxAddress = 254
	maxSender  = 998
	maxSubject = 998
)

var errAddress = errors.New("the address cannot be read")

// parseAddress reads an address without a name or a comment, such as "john@example.com"
// or `"john doe"@example.com`. Its domain becomes ASCII.
func parseAddress(text string) (netmail.Address, error) {
	if len(text) > maxAddress || strings.ContainsFunc(text, unicode.IsControl) {
		return netmail.Address{}, errAddress
	}
	parsed, err := netmail.ParseAddress("<" + text + ">")
	if err != nil || parsed.Name != "" {
		return netmail.Address{}, errAddress
	}
	local, domain := split(parsed.Address)
	written, same := strings.CutSuffix(text, "@"+domain)
	quoted := strings.HasPrefix(written, `"`) && strings.HasSuffix(written, `"`)
	if !same || written != local && !quoted {
		return netmail.Address{}, errAddress // it has comments or spaces
	}
	return forWire(parsed)
}

// parseSender reads an address that may have a name: "Example <noreply@example.com>".
func parseSender(text string) (netmail.Address, error) {
	if len(text) > maxSender || strings.ContainsFunc(text, unicode.IsControl) {
		return netmail.Address{}, errAddress
	}
	parsed, err := netmail.ParseAddress(text)
	if err != nil {
		return netmail.Address{}, errAddress
	}
	return forWire(parsed)
}

// forWire writes the domain of an address in ASCII, as every server takes it.
func forWire(a *netmail.Address) (netmail.Address, error) {
	local, domain := split(a.Address)
	domain, err := asciiHost(domain)
	if err != nil || local == "" || len(local)+1+len(domain) > maxAddress {
		return netmail.Address{}, errAddress
	}
	return netmail.Address{Name: a.Name, Address: local + "@" + domain}, nil
}

// split cuts an address at its last "@": a quoted local part may have others.
func split(address string) (local, domain string) {
	at := strings.LastIndexByte(address, '@')
	return address[:at], address[at+1:]
}

// asciiHost returns the name of a host with its labels in punycode, as DNS has them.
func asciiHost(host string) (string, error) {
	if isASCII(host) {
		return host, nil
	}
	if len(host) > maxAddress {
		return "", errAddress
	}
	return lookup.ToASCII(host)
}

// lookup has the rules by which browsers find a host (UTS 46, IDNA 2008), and the lengths
// of DNS.
var lookup = idna.New(
	idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.VerifyDNSLength(true),
)

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
}
