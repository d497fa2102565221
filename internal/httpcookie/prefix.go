package httpcookie

import "strings"

// NeedsSecure reports whether browsers refuse a cookie of this name that is
// not Secure: its name begins with one of the prefixes "__Secure-", "__Host-",
// "__Http-" and "__Host-Http-", in any case.
func NeedsSecure(name string) bool {
	return hasPrefix(name, "__Secure-") || NeedsHost(name) || NeedsHTTPOnly(name)
}

// NeedsHost reports whether browsers refuse a cookie of this name that has a
// Domain or another Path than "/".
func NeedsHost(name string) bool { return hasPrefix(name, "__Host-") }

// NeedsHTTPOnly reports whether browsers refuse a cookie of this name that is
// not HttpOnly.
func NeedsHTTPOnly(name string) bool {
	return hasPrefix(name, "__Http-") || hasPrefix(name, "__Host-Http-")
}

// WithoutPrefix returns name without the prefixes.
func WithoutPrefix(name string) string {
	for _, prefix := range []string{"__Host-Http-", "__Host-", "__Secure-", "__Http-"} {
		if hasPrefix(name, prefix) {
			return name[len(prefix):]
		}
	}
	return name
}

// hasPrefix ignores case, since browsers do when they look at these prefixes.
func hasPrefix(name, prefix string) bool {
	return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
}

// IsToken reports whether name is a token of RFC 9110, which the name of a
// cookie or of a header has to be.
func IsToken(name string) bool { return name != "" && only(name, inToken) }
