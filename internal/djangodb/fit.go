package djangodb

import (
	"encoding"
	"encoding/json"
	"math"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jamsession/jamsession/internal/uuidtext"
)

// Known reports whether [Field.Fit] knows the type of the column.
func (f Field) Known() bool { return f.kind != kindUnknown }

// Param is what a statement has in the place of the column's value. The types
// that have no counterpart in Go are cast from text.
func (f Field) Param(d Dialect) string {
	if d == PostgreSQL && (f.kind == kindUUID || f.kind == kindAddress) {
		return "CAST(CAST(? AS text) AS " + f.Type + ")"
	}
	return "?"
}

// Fit returns what to bind for a value, and whether the column can hold it. The
// value is of a type that JSON has, a json.Number, a time.Time, or what has a
// text of its own, as types of UUIDs do. Nil fits no column.
func (f Field) Fit(db DB, v any) (bound any, ok bool) {
	v = plainValue(v)
	switch f.kind {
	case kindInteger:
		return f.fitInteger(v)
	case kindFloat:
		n, err := strconv.ParseFloat(numberText(v), 64)
		return n, err == nil && !math.IsInf(n, 0) && !math.IsNaN(n)
	case kindBoolean:
		return fitBoolean(v)
	case kindText:
		return f.fitText(v)
	case kindUUID, kindHexUUID:
		return f.fitUUID(v)
	case kindTime:
		return fitTime(db, v)
	case kindAddress:
		text, _ := v.(string)
		address, err := netip.ParseAddr(text)
		return address.WithZone("").String(), err == nil
	}
	return nil, false
}

// plainValue returns nil, or a string, bool, json.Number or time.Time; anything
// else as it is.
func plainValue(v any) any {
	switch x := v.(type) {
	case nil, string, bool, json.Number, time.Time:
		return v
	case encoding.TextMarshaler:
		if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer && r.IsNil() {
			return nil
		}
		text, err := x.MarshalText()
		if err != nil {
			return nil
		}
		return string(text)
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.String:
		return r.String()
	case reflect.Bool:
		return r.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return json.Number(strconv.FormatInt(r.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return json.Number(strconv.FormatUint(r.Uint(), 10))
	case reflect.Float32, reflect.Float64:
		return json.Number(strconv.FormatFloat(r.Float(), 'g', -1, 64))
	case reflect.Pointer:
		if !r.IsNil() {
			return plainValue(r.Elem().Interface())
		}
		return nil
	}
	return v
}

// numberText returns a number as text, which may be one already: Django keeps
// the id of a user as a text.
func numberText(v any) string {
	switch x := v.(type) {
	case json.Number:
		return x.String()
	case string:
		return x
	}
	return ""
}

func (f Field) fitInteger(v any) (any, bool) {
	n, err := strconv.ParseInt(numberText(v), 10, max(8*f.size, 8))
	return n, err == nil
}

func fitBoolean(v any) (any, bool) {
	if n, ok := v.(json.Number); ok {
		return n == "1", n == "0" || n == "1"
	}
	b, ok := v.(bool)
	return b, ok
}

func (f Field) fitText(v any) (any, bool) {
	var text string
	switch x := v.(type) {
	case json.Number:
		text = x.String()
	case string:
		text = x
	default:
		return nil, false
	}
	fits := utf8.ValidString(text) && !strings.ContainsRune(text, 0) &&
		(f.size == 0 || utf8.RuneCountInString(text) <= f.size)
	return text, fits
}

// fitUUID takes a UUID with hyphens or without.
func (f Field) fitUUID(v any) (any, bool) {
	text, _ := v.(string)
	id, ok := uuidtext.Parse(text)
	if f.kind == kindUUID {
		return id.String(), ok
	}
	return id.Hex(), ok
}

// fitTime takes an instant, or a text of one as Python's isoformat writes it.
func fitTime(db DB, v any) (any, bool) {
	t, _ := v.(time.Time)
	if text, ok := v.(string); ok {
		t = parseTime(text, zone(db.TimeZone))
	}
	return db.EncodeTime(t), !t.IsZero()
}

// RefusesValue reports whether err says that a column does not take a value, for
// a reason that its type does not tell: a row that the value names, a CHECK, a
// set of characters.
func (d Dialect) RefusesValue(err error) bool {
	return err != nil && (dialects[d].isForeign(err) || dialects[d].refusesValue(err))
}
