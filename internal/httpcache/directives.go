package httpcache

import "strings"

// restrict returns a Cache-Control as strict as wanted, and whether it had to
// change. One that is as strict by itself stays to the letter. Of another what
// forbids stays, and what permits goes: a lifetime that was meant for all is
// nobody's wish for one.
func restrict(text string, want Want) (strict string, changed bool) {
	list := parse(text)
	says := list.says()
	if says&noStore != 0 {
		says |= private // which it includes
	}
	if want&^(VaryCookie|VaryKey)&^says == 0 && list.agrees(says&noStore != 0) {
		return text, false
	}
	all := (want | list.says()).names()
	for _, d := range list {
		if d.says() == 0 && d.forbids() {
			all = append(all, d.text)
		}
	}
	return strings.Join(all, ", "), true
}

// A directive is an element of Cache-Control (RFC 9111, 5.2).
type directive struct {
	name     string // in lower case
	value    string
	hasValue bool
	text     string // as it was written
}

type directives []directive

func parse(text string) directives {
	var list directives
	for _, element := range elements(text) {
		if element = trim(element); element == "" {
			continue
		}
		name, value, found := strings.Cut(element, "=")
		list = append(list, directive{strings.ToLower(trim(name)), trim(value), found, element})
	}
	return list
}

// elements splits at the commas that are not inside quotes.
func elements(text string) []string {
	quoted, escaped := false, false
	return strings.FieldsFunc(text, func(c rune) bool {
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		}
		return c == ',' && !quoted
	})
}

// named are the directives that a [Want] stands for, in the order in which
// they are written.
var named = [...]struct {
	want Want
	name string
}{{private, "private"}, {noStore, "no-store"}, {noCache, "no-cache"}}

func (w Want) names() []string {
	var names []string
	for _, n := range named {
		if w&n.want != 0 {
			names = append(names, n.name)
		}
	}
	return names
}

// says returns what the directive wants. With a value, as in
// no-cache="Set-Cookie", it is about a part of the response for caches that know
// this, and is taken for the whole, which is stricter.
func (d directive) says() Want {
	for _, n := range named {
		if d.name == n.name {
			return n.want
		}
	}
	return 0
}

// says returns what the directives want together.
func (list directives) says() Want {
	var all Want
	for _, d := range list {
		all |= d.says()
	}
	return all
}

// agrees reports whether nothing in the list lets a shared cache keep the
// response, or any cache if it is to be forgotten, and whether no two caches can
// read it differently.
func (list directives) agrees(forgotten bool) bool {
	ages := 0
	for _, d := range list {
		if d.name == "max-age" {
			ages++
		}
		if !d.forbids() && (forgotten || !d.isForBrowsers()) || ages > 1 {
			return false
		}
	}
	return true
}

// forbids reports whether the directive only takes from what caches may do. One
// that is not known may do otherwise, as community="UCI" in RFC 9111, 5.2.3.
// must-understand lets a cache ignore no-store (5.2.2.3).
func (d directive) forbids() bool {
	switch d.name {
	case "private", "no-store", "no-cache", "must-revalidate", "proxy-revalidate", "no-transform":
		return !d.hasValue
	case "max-age":
		return d.value != "" && strings.Trim(d.value, "0") == ""
	default:
		return false
	}
}

// isForBrowsers reports whether the directive says how long a private cache may
// keep the response.
func (d directive) isForBrowsers() bool {
	switch d.name {
	case "max-age", "stale-while-revalidate", "stale-if-error":
		return d.value != "" && strings.Trim(d.value, "0123456789") == ""
	case "immutable":
		return !d.hasValue
	default:
		return false
	}
}

func trim(s string) string { return strings.Trim(s, " \t") }
