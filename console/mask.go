package console

import (
	"bytes"
	"errors"
	"regexp"
	"strings"

	"github.com/jamsession/jamsession/internal/printable"
	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/internal/secretitem"
)

// maxShown bounds what a page shows of a value, in bytes.
const maxShown = 20_000

// maxNesting is how deep values are looked into; what is deeper is not shown.
const maxNesting = 32

// shownValue writes a value on many lines, without what is secret in it.
func shownValue(raw []byte) string {
	m := masker{indents: true}
	err := rawjson.Walk(raw, &m)
	if err != nil && !errors.Is(err, errFull) {
		return ""
	}
	text := printable.JSON(m.out[:min(len(m.out), maxShown)])
	if err == nil && len(m.out) <= maxShown && len(text) <= maxShown {
		return string(text)
	}
	return strings.ToValidUTF8(string(text[:min(len(text), maxShown)]), "") + " …"
}

var errFull = errors.New("console: enough is shown of the value")

// A masker writes what a value says, and in place of what is secret a word. It is told the value as
// it stands, which may be one that only Python takes for JSON.
type masker struct {
	out     []byte
	indents bool // a line for each element
	depth   int
	inside  int  // containers around, from the one that is hidden on
	empty   bool // nothing of the container is written
	named   bool // the name of the next value is written
	secret  bool // the next value is
	masks   bool // something was hidden
}

// Begin implements [rawjson.Visitor].
func (m *masker) Begin(kind byte) error {
	switch {
	case m.inside > 0:
		m.inside++
		return nil
	case m.secret:
		m.inside = 1
		return m.hide("(secret)")
	case m.depth == maxNesting:
		m.inside = 1
		return m.hide("…")
	}
	err := m.write([]byte{kind})
	m.depth, m.empty = m.depth+1, true
	return err
}

// End implements [rawjson.Visitor].
func (m *masker) End(kind byte) error {
	if m.inside > 0 {
		m.inside--
		return nil
	}
	m.depth--
	if !m.empty {
		m.newLine()
	}
	m.empty = false
	m.out = append(m.out, kind+2) // ']' and '}' are two behind '[' and '{'
	return nil
}

// Name implements [rawjson.Visitor].
func (m *masker) Name(text []byte) error {
	if m.inside > 0 {
		return nil
	}
	err := m.write(text)
	m.out = append(m.out, ": "...)
	m.named, m.secret = true, secretitem.Is(rawjson.String(text))
	return err
}

// Scalar implements [rawjson.Visitor].
func (m *masker) Scalar(text []byte) error {
	switch {
	case m.inside > 0:
		return nil
	case m.secret:
		return m.hide("(secret)")
	}
	shown := maskedText(text)
	m.masks = m.masks || !bytes.Equal(shown, text)
	return m.write(shown)
}

func (m *masker) hide(instead string) error {
	m.secret, m.masks = false, true
	return m.write(rawjson.AppendString(nil, instead))
}

// write writes a name, or a value in its place.
func (m *masker) write(text []byte) error {
	if !m.named && m.depth > 0 {
		if !m.empty {
			m.out = append(m.out, ',')
		}
		m.newLine()
		m.empty = false
	}
	m.named = false
	m.out = append(m.out, text...)
	if len(m.out) > maxShown {
		return errFull
	}
	return nil
}

func (m *masker) newLine() {
	if m.indents {
		m.out = append(append(m.out, '\n'), strings.Repeat("  ", m.depth)...)
	}
}

// parameter is one of an address.
var parameter = regexp.MustCompile(`([?&;#])([^=&;#?\s"]+)=([^&;#\s"]+)`)

// maskedText returns a scalar without what is secret in it: parameters of addresses, and members
// of JSON within a text, which is how some programs keep objects.
func maskedText(raw []byte) []byte {
	if raw[0] != '"' {
		return raw
	}
	text := strings.TrimSpace(rawjson.String(raw))
	if text != "" && (text[0] == '{' || text[0] == '[') {
		if shown, ok := maskedInner(text); ok {
			return shown
		}
	}
	return parameter.ReplaceAllFunc(raw, func(found []byte) []byte {
		parts := parameter.FindSubmatch(found)
		if !secretitem.Is(string(parts[2])) {
			return found
		}
		return append(append(append([]byte{}, parts[1]...), parts[2]...), "=(secret)"...)
	})
}

// maskedInner returns a text of JSON as a text, and false unless something in it is secret.
func maskedInner(text string) ([]byte, bool) {
	_, err := rawjson.Parse([]byte(`{"":` + text + `}`))
	if errors.Is(err, rawjson.ErrLimit) {
		return rawjson.AppendString(nil, "…"), true
	}
	if err != nil {
		return nil, false
	}
	var m masker
	if err := rawjson.Walk([]byte(text), &m); err != nil || !m.masks {
		return rawjson.AppendString(nil, string(m.out)+" …"), err != nil
	}
	return rawjson.AppendString(nil, string(m.out)), true
}
