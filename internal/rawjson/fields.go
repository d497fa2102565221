package rawjson

import (
	"cmp"
	"reflect"
	"slices"
	"sort"
	"strings"
	"sync"
	"unicode"
)

// A field is a member that a struct type becomes, by encoding/json's rules.
type field struct {
	name      string
	index     []int // the path through embedded structs
	tagged    bool  // the name is from a tag
	omitEmpty bool
	omitZero  bool
	quoted    bool // the tag's option "string"
}

var fieldCache sync.Map // of reflect.Type to []field

func fieldsOf(t reflect.Type) []field {
	if cached, ok := fieldCache.Load(t); ok {
		return cached.([]field)
	}
	fields := dominant(candidates(t, nil, nil))
	cached, _ := fieldCache.LoadOrStore(t, fields)
	return cached.([]field)
}

// candidates returns the fields of t and of what it embeds. The types on the
// path end the recursion of a type that embeds itself.
func candidates(t reflect.Type, index []int, path []reflect.Type) (all []field) {
	if slices.Contains(path, t) {
		return nil
	}
	path = append(path, t)
	for i := range t.NumField() {
		sf := t.Field(i)
		embedded := sf.Type
		if embedded.Kind() == reflect.Pointer && embedded.Name() == "" {
			embedded = embedded.Elem()
		}
		isStruct := embedded.Kind() == reflect.Struct
		tag, tagged := sf.Tag.Lookup("json")
		if tag == "-" || (!sf.IsExported() && (!sf.Anonymous || !isStruct)) {
			continue
		}
		at := append(slices.Clone(index), i)
		f := parseTag(tag)
		f.index, f.tagged = at, tagged && f.name != ""
		if sf.Anonymous && !f.tagged && isStruct {
			all = append(all, candidates(embedded, at, path)...)
			continue
		}
		if !f.tagged {
			f.name = sf.Name
		}
		f.quoted = f.quoted && quotable(sf.Type)
		all = append(all, f)
	}
	return all
}

func parseTag(tag string) field {
	name, options, _ := strings.Cut(tag, ",")
	if !validName(name) {
		name = ""
	}
	f := field{name: name}
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "omitempty":
			f.omitEmpty = true
		case "omitzero":
			f.omitZero = true
		case "string":
			f.quoted = true
		}
	}
	return f
}

func validName(name string) bool {
	const signs = "!#$%&()*+-./:;<=>?@[]^_{|}~ "
	for _, c := range name {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune(signs, c) {
			return false
		}
	}
	return true
}

func quotable(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer && t.Name() == "" {
		t = t.Elem()
	}
	k := t.Kind()
	return k >= reflect.Bool && k <= reflect.Float64 || k == reflect.String
}

// dominant leaves one field a name: the shallowest, of these the tagged one,
// and none if that is not one.
func dominant(all []field) []field {
	// Package slices would be linked twice more, for this type, which each program sorts once.
	sort.SliceStable(all, func(i, j int) bool {
		a, b := all[i], all[j]
		return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(len(a.index), len(b.index)),
			compareBool(b.tagged, a.tagged)) < 0
	})
	var kept []field
	for i := 0; i < len(all); {
		j := i + 1
		for j < len(all) && all[j].name == all[i].name {
			j++
		}
		first := all[i]
		if j == i+1 || len(all[i+1].index) != len(first.index) || all[i+1].tagged != first.tagged {
			kept = append(kept, first)
		}
		i = j
	}
	sort.Slice(kept, func(i, j int) bool { return slices.Compare(kept[i].index, kept[j].index) < 0 })
	return kept
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// object writes a struct.
func (e *encoder) object(dst []byte, v reflect.Value) (_ []byte, err error) {
	dst = append(dst, '{')
	first := true
	for _, f := range fieldsOf(v.Type()) {
		fv, err := v.FieldByIndexErr(f.index)
		if err != nil || (f.omitEmpty && isEmpty(fv)) || (f.omitZero && isZero(fv)) {
			continue // an error is an embedded nil pointer
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(appendString(dst, f.name), ':')
		if dst, err = e.field(dst, f, fv); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

func (e *encoder) field(dst []byte, f field, v reflect.Value) ([]byte, error) {
	start := len(dst)
	dst, err := e.value(dst, v)
	if err != nil || !f.quoted || string(dst[start:]) == "null" || marshals(v) {
		return dst, err
	}
	return appendString(dst[:start:start], string(dst[start:])), nil
}

// marshals reports whether v writes itself; the option "string" then has no
// effect.
func marshals(v reflect.Value) bool {
	_, isMarshaler := implementer(v, marshalerType)
	_, isTextMarshaler := implementer(v, textMarshalerType)
	return isMarshaler || isTextMarshaler
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct, reflect.Func, reflect.Chan:
		return false
	default:
		return v.IsZero()
	}
}

type zeroer interface{ IsZero() bool }

var zeroerType = reflect.TypeFor[zeroer]()

// isZero asks the method of the field's own type, if it has one; a nil
// pointer, also one in an interface, is not asked.
func isZero(v reflect.Value) bool {
	switch {
	case isNil(v):
		return true
	case v.Type().Implements(zeroerType):
		return v.Kind() == reflect.Interface && isNil(v.Elem()) || v.Interface().(zeroer).IsZero()
	case reflect.PointerTo(v.Type()).Implements(zeroerType):
		p := reflect.New(v.Type()) // the method needs an address
		p.Elem().Set(v)
		return p.Interface().(zeroer).IsZero()
	default:
		return v.IsZero()
	}
}
