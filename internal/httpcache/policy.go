// Package httpcache keeps answers to one visitor out of the caches that would
// give them to another (CVE-2014-0473, CVE-2026-35192).
//
// Of all demands of the handler and the middlewares the strictest counts, in
// any order and number. So they are noted in a [Demand], which is met before
// the first byte of the response, after everything that could overwrite the
// header.
package httpcache

import (
	"net/http"
	"strings"
)

// A Want is what caches are to be told of a response.
type Want uint32

const (
	// VaryCookie is wanted if the response depends on the request's cookies.
	VaryCookie Want = 1 << iota

	// VaryKey is wanted if the response depends on the request's session, which
	// is found by a cookie or by what the Demand says.
	VaryKey

	private // no shared cache may store it
	noStore // no cache may store it
	noCache // no cache that has it may use it without asking

	// Private is for one visitor, whose browser may keep the response.
	Private = VaryCookie | private

	// NoStore is for one visitor, and nobody may keep the response.
	NoStore = Private | noStore

	// NoStoreKey is NoStore of a response that depends on the session.
	NoStoreKey = VaryKey | private | noStore
)

// Restrict makes the header at least as strict as wanted. What the handler has
// written there and is stricter remains. What would let a shared cache keep the
// response all the same goes, in whatever header it stands.
func Restrict(h http.Header, want Want) {
	if want&VaryCookie != 0 {
		AddVary(h, "Cookie")
	}
	if want&^(VaryCookie|VaryKey) == 0 {
		return
	}
	for name, lines := range h {
		restrictOther(h, name, lines)
	}
	restrictControl(h, want)
}

// restrictControl makes one line of all those of Cache-Control: a cache may
// look at one only.
func restrictControl(h http.Header, want Want) {
	lines := h["Cache-Control"]
	if want&noCache == 0 && len(lines) == 0 {
		h["Cache-Control"] = []string{Control(want)}
		return
	}
	if len(lines) == 1 && want&noCache == 0 && lines[0] == Control(want) {
		return
	}
	if strict, changed := restrict(strings.Join(lines, ", "), want); changed || len(lines) > 1 {
		h["Cache-Control"] = []string{strict}
	}
}

// What is written if the handler has written nothing.
const (
	kept      = "private"
	forgotten = "private, no-store"
)

// Control returns the Cache-Control for what is wanted, [Private] or [NoStore].
func Control(want Want) string {
	if want&noStore != 0 {
		return forgotten
	}
	return kept
}
