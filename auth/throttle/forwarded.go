package throttle

import (
	"net/netip"
	"strings"
)

// forwardedForm is that of the header Forwarded (RFC 7239).
var forwardedForm = listForm{cutLastForwarded, parseForwarded}

// cutLastForwarded cuts a list before its last element. It reads from the end,
// where a trusted proxy has written: a quotation mark that a visitor has left
// open before that does not swallow the proxy's element.
func cutLastForwarded(list string) (before, last string, found bool) {
	quoted := false
	for i := len(list) - 1; i >= 0; i-- {
		switch {
		case list[i] == '"' && !escaped(list[:i]):
			quoted = !quoted
		case list[i] == ',' && !quoted:
			return list[:i], list[i+1:], true
		}
	}
	return "", list, false
}

// escaped reports whether the text before a character ends with a backslash
// that is not itself escaped. In well-formed elements only a quotation mark
// within quotes has one before it.
func escaped(before string) bool {
	return (len(before)-len(strings.TrimRight(before, `\`)))%2 == 1
}

// maxElement is longer than any element with all four parameters, of which a
// host is the longest.
const maxElement = 1024

// parseForwarded returns the address of the parameter "for" of one element.
// There is none in identifiers that hide it, "unknown" and "_hidden".
func parseForwarded(element string) (netip.Addr, bool) {
	if len(element) > maxElement {
		return netip.Addr{}, false
	}
	node, found := "", false
	for rest := element; rest != ""; {
		var name, value string
		var ok bool
		if name, value, rest, ok = cutPair(rest); !ok {
			return netip.Addr{}, false
		}
		if strings.EqualFold(name, "for") {
			if found { // each parameter occurs once at most
				return netip.Addr{}, false
			}
			node, found = value, true
		}
	}
	return parseNode(node)
}

// cutPair cuts the first parameter off an element. Like spaces around
// semicolons, an IPv6 address without quotes is accepted, since some proxies
// write it.
func cutPair(element string) (name, value, rest string, ok bool) {
	name, rest, ok = strings.Cut(element, "=")
	name = strings.Trim(name, " \t")
	if strings.HasPrefix(rest, `"`) {
		var closed bool
		value, rest, closed = cutQuoted(rest[1:])
		after, more := strings.CutPrefix(strings.TrimLeft(rest, " \t"), ";")
		return name, value, after, ok && closed && (more || after == "")
	}
	value, rest, _ = strings.Cut(rest, ";")
	value = strings.Trim(value, " \t")
	return name, value, rest, ok && !strings.Contains(value, `"`)
}

// cutQuoted returns the text of a quoted-string after its first mark (RFC
// 9110, 5.6.4), and what follows it.
func cutQuoted(text string) (value, rest string, closed bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			return b.String(), text[i+1:], true
		case '\\':
			if i++; i == len(text) {
				return "", "", false
			}
		}
		b.WriteByte(text[i])
	}
	return "", "", false
}

// parseNode reads a node of RFC 7239, section 6. Its port may be hidden, too.
func parseNode(node string) (netip.Addr, bool) {
	if i := strings.LastIndex(node, ":_"); i >= 0 {
		node = node[:i]
	}
	return parseAddr(node)
}
