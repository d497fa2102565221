package console

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/jamsession/jamsession/internal/printable"
	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/internal/secretitem"
)

// An item is one of a session as a page shows it.
type item struct {
	Name   string
	Value  string // "" if it is masked
	Secret bool   // it is never shown
	Size   int    // bytes
}

// harmless are this module's own items, whose values say nothing of their visitor.
var harmless = map[string]bool{
	"_auth_user_id": true, "_auth_user_backend": true, "_session_expiry": true,
	"_login_time": true, "_login_floor": true, "_device": true,
}

// shownItems returns the items of a session, with values if these are asked for. Values that are
// secret stay masked, and so do those in which the session's own key is.
func shownItems(items rawjson.Object, key string, values bool) (all []item) {
	for name, raw := range items.All() {
		i := item{Name: name, Secret: secretitem.Is(name), Size: len(raw)}
		if strings.Contains(string(raw), key) || strings.Contains(name, key) {
			i.Name, i.Secret = strings.ReplaceAll(name, key, "(key)"), true
		}
		if !i.Secret && (values || harmless[name]) {
			i.Value = shownValue(raw)
		}
		all = append(all, i)
	}
	return all
}

// maxShown bounds what a page shows of a value, in bytes.
const maxShown = 20_000

// shownValue writes a value on many lines, without what is secret in it.
func shownValue(raw []byte) string {
	if !json.Valid(raw) { // only Python takes it for JSON, such as NaN
		return cutOff(printable.JSON(strconv.AppendQuoteToASCII(nil, string(raw))))
	}
	var text bytes.Buffer
	if err := json.Indent(&text, masked(raw, 0), "", "  "); err != nil {
		return ""
	}
	return cutOff(printable.JSON(text.Bytes()))
}

func cutOff(text []byte) string {
	if len(text) <= maxShown {
		return string(text)
	}
	return strings.ToValidUTF8(string(text[:maxShown]), "") + " …"
}

// maxNesting is how deep values are looked into; what is deeper is not shown.
const maxNesting = 32

// masked returns a value in which members with the name of a secret have none, at any depth.
func masked(raw []byte, depth int) []byte {
	if depth > maxNesting {
		return []byte(`"…"`)
	}
	switch raw = bytes.TrimSpace(raw); raw[0] {
	case '{':
		return maskedObject(raw, depth)
	case '[':
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil {
			return []byte(`"…"`)
		}
		for i := range list {
			list[i] = masked(list[i], depth+1)
		}
		return joined(list)
	default:
		return raw
	}
}

func joined(list []json.RawMessage) []byte {
	parts := make([][]byte, len(list))
	for i := range list {
		parts[i] = list[i]
	}
	return append(append([]byte{'['}, bytes.Join(parts, []byte{','})...), ']')
}

func maskedObject(raw []byte, depth int) []byte {
	object, err := rawjson.Parse(raw)
	if err != nil {
		return []byte(`"…"`)
	}
	shown := object.Clone()
	for name, value := range object.All() {
		if secretitem.Is(name) {
			shown.Set(name, []byte(`"(secret)"`))
			continue
		}
		shown.Set(name, masked(value, depth+1))
	}
	return shown.AppendTo(nil)
}
