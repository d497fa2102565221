// Package cookie describes the cookies of this module: those of sessions, of the
// protection against forged forms, of messages and of known devices. The Options of these
// packages have a field Cookie of the type [Options], and their constructors check it
// with [Options.Check], since browsers silently drop a cookie that they do not accept.
package cookie

import (
	"net/http"
)

// Options are the name and the attributes of a cookie. The zero value is right
// for most sites: the package's own name, this host only, the whole site,
// SameSite=Lax, HttpOnly, and Secure except on the programmer's own machine.
type Options struct {
	// Name is the name: letters, digits and !#$%&'*+-.^_`|~. Browsers hold
	// the promises of four prefixes, in any case of letters: "__Host-" (Secure,
	// no Domain, and Path "/", so that no other host can set the cookie),
	// "__Secure-" (Secure), "__Http-" (Secure and HttpOnly) and "__Host-Http-"
	// (all of that). Such a cookie is always Secure. Empty is the package's own
	// name, which is Django's where Django has such a cookie.
	Name string

	// Domain lets all hosts below a domain have the cookie: "example.com" or
	// ".example.com". Empty is this host only, which is safer.
	Domain string

	// Path is the part of the site that gets the cookie. It does not hide the cookie:
	// scripts of other paths can get it. Empty is "/".
	Path string

	// SameSite says which requests from pages of other sites carry the cookie.
	// Zero is Lax: only those that open a page. http.SameSiteNoneMode is all;
	// it makes the cookie Secure always. http.SameSiteDefaultMode leaves the
	// attribute out, and each browser has its own rule.
	SameSite http.SameSite

	// Partitioned gives each site that embeds this one in a frame a cookie
	// jar of its own (CHIPS). It needs SameSite http.SameSiteNoneMode. False is
	// one jar for all, which many browsers withhold from frames.
	Partitioned bool

	// Secure says whether the cookie travels over HTTPS only. Zero is
	// [SecureAuto].
	Secure Secure

	// Scriptable lets scripts read the cookie. False is HttpOnly: a script that
	// was injected into a page cannot send the cookie elsewhere.
	Scriptable bool
}

// Secure says when a cookie carries the attribute Secure, which keeps it from
// plain HTTP.
type Secure int

// The values of Options.Secure.
const (
	// SecureAuto is always, except in the answer to a request over plain HTTP to a loopback
	// host that did not come through a proxy.
	SecureAuto Secure = iota

	// SecureAlways is always.
	SecureAlways

	// SecureNeverUnsafe is never: the cookie also travels over plain HTTP, where anyone on
	// the network path can read and replace it.
	SecureNeverUnsafe
)
