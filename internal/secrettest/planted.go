package secrettest

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Planted are texts that no print may show, by what they are.
type Planted map[string]string

// A Finder looks for planted texts in prints.
type Finder struct {
	begins [1 << 16]bool // the first two bytes of a form
	forms  map[string][]form
}

type form struct{ name, text string }

// prefix is the length by which forms are looked up.
const prefix = 8

// Finder returns what finds the texts in whatever form: as text, quoted, in
// hex, in base64, or as a list of bytes to any base.
func (p Planted) Finder() *Finder {
	f := &Finder{forms: make(map[string][]form)}
	for name, text := range p {
		for _, written := range writtenAs(text) {
			if len(written) < prefix {
				panic("secrettest: " + name + " is too short to be told from other text")
			}
			f.begins[int(written[0])<<8|int(written[1])] = true
			f.forms[written[:prefix]] = append(f.forms[written[:prefix]], form{name, written})
		}
	}
	return f
}

// In returns the names of the texts that a print shows.
func (f *Finder) In(print string) []string {
	print = strings.ToLower(print)
	found := make(map[string]bool)
	for i := range max(0, len(print)-prefix+1) {
		if !f.begins[int(print[i])<<8|int(print[i+1])] {
			continue
		}
		for _, form := range f.forms[print[i:i+prefix]] {
			if strings.HasPrefix(print[i:], form.text) {
				found[form.name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// writtenAs returns the forms of a text, in lower case.
func writtenAs(text string) []string {
	quoted := strconv.Quote(text)
	list := []string{text, quoted[1 : len(quoted)-1], hex.EncodeToString([]byte(text))}
	for _, format := range []string{"% x", "%d", "%o", "%b", "%#v", "%#x", "%c", "%U", "%q"} {
		bytes := fmt.Sprintf(format, []byte(text))
		bytes = strings.Trim(strings.TrimPrefix(bytes, "[]byte"), "[]{}")
		list = append(list, bytes, strings.ReplaceAll(bytes, " ", ","), strings.ReplaceAll(bytes, ", ", " "))
	}
	for offset := range 3 { // behind whatever else
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", offset) + text))
		whole := encoded[4 : len(encoded)-3]
		list = append(list, whole, strings.NewReplacer("+", "-", "/", "_").Replace(whole))
	}
	for i := range list {
		list[i] = strings.ToLower(list[i])
	}
	return list
}
