package secrettest

import (
	"context"
	"fmt"
	"reflect"
	"strings"
)

const module = "github.com/jamsession/jamsession"

// A Walk goes through values by reflection, as printers do.
type Walk struct {
	// Exported are the values of types of the module, or pointers to them, that
	// were found by exported fields, elements and pointers, by the names of the
	// types. A type may be unexported: a program has its values all the same, from
	// a function that returns an interface.
	Exported map[string][]any

	// Texts are what is in fields of the module's types, exported or not, by
	// the way that leads there.
	Texts map[string]string

	seen  map[visit]bool
	looks map[string]bool // of values: one of those that look alike is enough
}

type visit struct {
	of       any // a pointer
	kind     reflect.Type
	exported bool
}

// NewWalk returns one that has seen nothing.
func NewWalk() *Walk {
	return &Walk{
		Exported: make(map[string][]any), Texts: make(map[string]string),
		seen: make(map[visit]bool), looks: make(map[string]bool),
	}
}

// Through walks through a value, which counts as exported itself.
func (w *Walk) Through(value any) {
	v := reflect.ValueOf(value)
	w.walk(v, TypeName(v.Type()))
	if name := TypeName(v.Type()); w.Exported[name] == nil {
		w.Exported[name] = []any{value}
	}
}

// TypeName names a type of the module as its users do, after its folder:
// "auth/token.Generator".
func TypeName(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name, _, _ := strings.Cut(t.Name(), "[") // without the arguments of a generic type
	return strings.TrimPrefix(strings.TrimPrefix(t.PkgPath(), module), "/") + "." + name
}

func (w *Walk) walk(v reflect.Value, way string) {
	if !v.IsValid() || v.Kind() == reflect.Interface && v.IsNil() {
		return
	}
	if v.Kind() == reflect.Pointer || v.Kind() == reflect.Map || v.Kind() == reflect.Slice {
		if v.IsNil() {
			return
		}
		here := visit{v.Pointer(), v.Type(), v.CanInterface()}
		if w.seen[here] {
			return
		}
		w.seen[here] = true
	}
	w.note(v)
	if v.Kind() == reflect.Pointer {
		w.into(v.Elem(), way)
		return
	}
	w.into(v, way)
}

// note keeps a value, or a pointer to one, of a type of the module.
func (w *Walk) note(v reflect.Value) {
	t := v.Type()
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	ours := t.Kind() != reflect.Interface && t.Name() != "" && importable(t.PkgPath())
	if !ours || !v.CanInterface() {
		return
	}
	if _, ok := v.Interface().(context.Context); ok {
		return // within another context, where no program gets at it
	}
	if looks := fmt.Sprintf("%T %#v", v.Interface(), v.Interface()); !w.looks[looks] {
		w.looks[looks] = true
		w.Exported[TypeName(t)] = append(w.Exported[TypeName(t)], v.Interface())
	}
}

// into walks through the parts of a value. Types of others hold what is
// theirs; only printing tells whether they show it.
func (w *Walk) into(v reflect.Value, way string) {
	switch v.Kind() {
	case reflect.String:
		w.Texts[way] = v.String()
	case reflect.Pointer, reflect.Interface:
		w.walk(v.Elem(), way)
	case reflect.Struct:
		if path := v.Type().PkgPath(); path != "" && !strings.HasPrefix(path, module) {
			return
		}
		for i := range v.NumField() {
			w.walk(v.Field(i), way+"."+v.Type().Field(i).Name)
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			w.Texts[way] = bytesOf(v)
			return
		}
		for i := range v.Len() {
			w.walk(v.Index(i), fmt.Sprintf("%s[%d]", way, i))
		}
	case reflect.Map:
		for key, value := range v.Seq2() {
			w.walk(key, way+".key")
			w.walk(value, way+".value")
		}
	}
}

// importable reports whether users of the module can import a package.
func importable(path string) bool {
	return strings.HasPrefix(path, module) && !strings.Contains(path, "/internal/")
}

// bytesOf returns the bytes of a slice or an array, also of an unexported one.
func bytesOf(v reflect.Value) string {
	text := make([]byte, v.Len())
	for i := range text {
		text[i] = byte(v.Index(i).Uint())
	}
	return string(text)
}
