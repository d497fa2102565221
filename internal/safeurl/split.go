package safeurl

import (
	"errors"
	"net/netip"
	"strings"
)

// errHost says that the host part of an address cannot be one.
var errHost = errors.New("safeurl: malformed host")

// A URL is an address in its parts. A part that is missing and a part that is
// empty are the same.
type URL struct {
	Scheme   string // lower case
	Host     string // with user and port, if there are any
	Path     string
	Query    string
	Fragment string
}

// Split takes an address apart by the rules of Python's urlsplit, which are
// close to a browser's: white space and control characters before it, and
// tabs and line ends anywhere, do not count; nothing is decoded; and "http:x"
// has a scheme and no host. The error says that the host is malformed. A host
// with a backslash, a space or more than ASCII counts as malformed, since
// browsers refuse it or make another of it.
func Split(rawURL string) (URL, error) {
	s := strings.TrimLeftFunc(rawURL, func(r rune) bool { return r <= ' ' })
	s = lineEnds.Replace(s)
	var u URL
	if scheme, rest, ok := strings.Cut(s, ":"); ok && isScheme(scheme) {
		u.Scheme, s = strings.ToLower(scheme), rest
	}
	if rest, ok := strings.CutPrefix(s, "//"); ok {
		end := strings.IndexAny(rest, "/?#")
		if end < 0 {
			end = len(rest)
		}
		u.Host, s = rest[:end], rest[end:]
		if !isHost(u.Host) {
			return URL{}, errHost
		}
	}
	s, u.Fragment, _ = strings.Cut(s, "#")
	u.Path, u.Query, _ = strings.Cut(s, "?")
	return u, nil
}

// String puts the parts together again.
func (u URL) String() string {
	var b strings.Builder
	if u.Scheme != "" {
		b.WriteString(u.Scheme + ":")
	}
	if u.Host != "" {
		b.WriteString("//" + u.Host)
	}
	b.WriteString(u.Path)
	if u.Query != "" {
		b.WriteString("?" + u.Query)
	}
	if u.Fragment != "" {
		b.WriteString("#" + u.Fragment)
	}
	return b.String()
}

var lineEnds = strings.NewReplacer("\t", "", "\r", "", "\n", "")

func isScheme(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		case i > 0 && ('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return false
		}
	}
	return s != ""
}

func isHost(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '\\' {
			return false
		}
	}
	_, inner, open := strings.Cut(s, "[")
	addr, _, closed := strings.Cut(inner, "]")
	if !open {
		return !strings.Contains(s, "]")
	}
	ip, err := netip.ParseAddr(addr)
	return closed && err == nil && ip.Is6()
}
