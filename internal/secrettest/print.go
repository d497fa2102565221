package secrettest

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"iter"
	"log/slog"
	"reflect"
	"sync"
	"text/template"
)

// verbs are those of package fmt, each with the flags that change what is
// shown.
var verbs = []string{
	"%v", "%+v", "%#v", "%s", "%+s", "%q", "%+q", "%#q", "%x", "%X", "% x", "%#x", "%d", "%t", "%c", "%U",
	"%o", "%b", "%e", "%g", "%p", "%w", "%T", "none",
}

// public and private are what a program might have a value in.
type public struct{ V any }

type private struct{ v any }

// Prints yields what a value is printed as, in every way in which programs
// print or encode for people, and the name of the way: the value, what it
// points to, and both inside of other types, where some of a value's methods
// are not found.
func Prints(value any) iter.Seq2[string, string] {
	return func(yield func(way, text string) bool) {
		for _, v := range forms(value) {
			for in, inside := range map[string]any{
				"itself": v, "a field": public{v}, "a pointer": &public{v}, "an unexported field": private{v},
				"a slice": []any{v}, "an array": [1]any{v}, "a map": map[string]any{"key": v},
				"a slice in an unexported field": private{[]any{v}},
			} {
				for way, text := range prints(inside) {
					if !yield(fmt.Sprintf("%T in %s, %s", v, in, way), text) {
						return
					}
				}
			}
		}
	}
}

// forms returns a value, a pointer to it, and what it points to, unless go vet
// would refuse to copy that.
func forms(value any) []any {
	v := reflect.ValueOf(value)
	if v.Kind() != reflect.Pointer {
		p := reflect.New(v.Type())
		p.Elem().Set(v)
		return []any{value, p.Interface()}
	}
	if v.IsNil() || !copyable(v.Type().Elem()) {
		return []any{value}
	}
	return []any{value, v.Elem().Interface()}
}

// copyable reports whether a type has no lock in it.
func copyable(t reflect.Type) bool {
	if t.Kind() == reflect.Array {
		return copyable(t.Elem())
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[sync.Locker]()) {
		return false
	}
	if t.Kind() == reflect.Struct {
		for f := range fields(t) {
			if !copyable(f.Type) {
				return false
			}
		}
	}
	return true
}

func fields(t reflect.Type) iter.Seq[reflect.StructField] {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}

func prints(v any) iter.Seq2[string, string] {
	return func(yield func(way, text string) bool) {
		for _, verb := range verbs {
			if !yield("fmt "+verb, fmt.Sprintf(verb, v)) {
				return
			}
		}
		_ = yield("fmt.Errorf", fmt.Errorf("failed: %v", v).Error()) &&
			yield("slog text", logged(v, newTextHandler)) &&
			yield("slog JSON", logged(v, newJSONHandler)) &&
			yield("encoding/json", encoded(v, json.Marshal)) &&
			yield("encoding/xml", encoded(v, xml.Marshal)) &&
			yield("text/template", executed(v))
	}
}

func newTextHandler(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) }

func newJSONHandler(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) }

func logged(v any, handler func(*bytes.Buffer) slog.Handler) string {
	var b bytes.Buffer
	slog.New(handler(&b)).Info("x", "value", v, slog.Group("group", slog.Any("value", v)))
	return b.String()
}

func encoded(v any, marshal func(any) ([]byte, error)) string {
	text, err := marshal(v)
	return fmt.Sprintf("%s %v", text, err)
}

func executed(v any) string {
	var b bytes.Buffer
	err := template.Must(template.New("").Parse("{{.}}{{printf `%v` .}}")).Execute(&b, v)
	return fmt.Sprintf("%s %v", &b, err)
}
