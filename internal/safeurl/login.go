package safeurl

import (
	"net/url"
	"strings"
)

// LoginRedirect returns loginURL with the parameter "next", in place of one
// that it may have already: the Location of Django's redirect_to_login. Other
// parameters and the fragment stay. loginURL comes from the program's
// options; next may be any text.
func LoginRedirect(next, loginURL string) string {
	param := "next=" + quote(next, "/") // until it has found its place
	u, err := Split(loginURL)
	if err != nil {
		return loginURL
	}
	var params []string
	for pair := range strings.SplitSeq(u.Query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		switch name = unquote(name); {
		case pair == "":
		case name != "next":
			params = append(params, quote(name, "/")+"="+quote(unquote(value), "/"))
		case param != "":
			params = append(params, param)
			param = ""
		}
	}
	if param != "" {
		params = append(params, param)
	}
	u.Path = quote(u.Path, inPath)
	u.Fragment = quote(u.Fragment, inPath)
	u.Query = strings.Join(params, "&")
	return u.String()
}

// inPath are the characters, besides unreserved ones, that Django leaves as
// they are in the Location header.
const inPath = "/#%[]=:;$&()+,!?*@'"

// unquote decodes a part of a query, and leaves alone what cannot be decoded.
func unquote(s string) string {
	if t, err := url.QueryUnescape(s); err == nil {
		return t
	}
	return s
}

// quote percent-encodes all bytes but unreserved ones (RFC 3986, 2.3) and
// those in keep.
func quote(s, keep string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			strings.IndexByte("-._~", c) >= 0, strings.IndexByte(keep, c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}
