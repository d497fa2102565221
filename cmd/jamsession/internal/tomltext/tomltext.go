// Package tomltext writes values of TOML. A text from elsewhere stays one value, whatever
// it holds: quotes, line ends, or characters that turn the direction of writing.
package tomltext

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/BurntSushi/toml"
)

// Quote returns a basic string.
func Quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r > 0xffff && !unicode.IsGraphic(r):
			fmt.Fprintf(&b, `\U%08X`, r)
		case !unicode.IsGraphic(r):
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// width is that of a line, beyond which a list has a line for each text.
const width = 100

// List returns an array of basic strings.
func List(texts []string) string {
	quoted := make([]string, 0, len(texts))
	for _, t := range texts {
		quoted = append(quoted, Quote(t))
	}
	if line := "[" + strings.Join(quoted, ", ") + "]"; len(line) <= width-len("CSRF_TRUSTED_ORIGINS = ") {
		return line
	}
	return "[\n  " + strings.Join(quoted, ",\n  ") + ",\n]"
}

// Key returns a part of a dotted key.
func Key(name string) string {
	if bare.MatchString(name) {
		return name
	}
	return Quote(name)
}

var bare = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// Written returns a value that was decoded as one text, in the form of a flag.
func Written(value any) string {
	list, ok := value.([]any)
	if !ok {
		return fmt.Sprint(value)
	}
	texts := make([]string, 0, len(list))
	for _, v := range list {
		texts = append(texts, fmt.Sprint(v))
	}
	return strings.Join(texts, ",")
}

// Read returns a value of TOML as one text, in the form of a flag.
func Read(value string) string {
	var values map[string]any
	if _, err := toml.Decode("x = "+value, &values); err != nil {
		return ""
	}
	return Written(values["x"])
}
