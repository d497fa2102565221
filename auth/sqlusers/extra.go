package sqlusers

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/uuidtext"
)

// An extra is the program's own type for further columns.
type extra struct {
	of     reflect.Type // a struct
	fields []extraField
}

// An extraField is a field of it with its column.
type extraField struct {
	index  int
	quoted string
	djangodb.Field
}

// tag is what a field has its column in.
const tag = "db"

// newExtra looks whether the table has the columns of a struct.
func newExtra(t *table, sample any) (*extra, error) {
	if sample == nil {
		return nil, nil
	}
	x := &extra{of: reflect.TypeOf(sample)}
	if x.of.Kind() != reflect.Struct {
		return nil, fmt.Errorf("sqlusers: Model.Extra is a %T; want a struct, not a pointer to it", sample)
	}
	for i := range x.of.NumField() {
		f := x.of.Field(i)
		name := f.Tag.Get(tag)
		if name == "" || name == "-" {
			continue
		}
		c, ok := t.column(name)
		switch {
		case !f.IsExported():
			return nil, fmt.Errorf("sqlusers: Model.Extra: the field %s needs a capital letter", f.Name)
		case !ok:
			return nil, fmt.Errorf("sqlusers: Model.Extra: %s has no column %q for the field %s; it has %s",
				t.model.Table, name, f.Name, listed(t.names()))
		case t.isField(name):
			return nil, fmt.Errorf("sqlusers: Model.Extra: the column %s is in auth.User already", name)
		}
		x.fields = append(x.fields, extraField{i, t.on.Quote(name), c})
	}
	if len(x.fields) == 0 {
		return nil, fmt.Errorf("sqlusers: Model.Extra: no field of %s has a tag `db:\"column\"`", x.of)
	}
	return x, nil
}

// isTime reports whether a field holds a time.
func (x *extra) isTime(f extraField) bool {
	of := x.of.Field(f.index).Type
	return of == reflect.TypeFor[time.Time]() || of == reflect.TypeFor[*time.Time]()
}

// columns is what to select, behind the columns of all users.
func (x *extra) columns(d djangodb.Dialect) string {
	if x == nil {
		return ""
	}
	var b strings.Builder
	for _, f := range x.fields {
		column := f.quoted
		if x.isTime(f) {
			column = d.RawTime(column)
		}
		b.WriteString(", " + column)
	}
	return b.String()
}

// scan returns where to scan them to, and a function that returns the struct then.
func (x *extra) scan(db djangodb.DB) (into []any, made func() any) {
	value := reflect.New(x.of).Elem()
	var after []func()
	takeNULL := []reflect.Kind{reflect.Pointer, reflect.Interface, reflect.Slice}
	for _, f := range x.fields {
		to := value.Field(f.index)
		switch _, scans := to.Addr().Interface().(sql.Scanner); {
		case x.isTime(f):
			at := db.Time()
			into = append(into, &at)
			after = append(after, func() { setTime(to, at.At) })
		case scans || slices.Contains(takeNULL, to.Kind()):
			into = append(into, to.Addr().Interface())
		default: // NULL is the zero value
			pointer := reflect.New(reflect.PointerTo(to.Type()))
			into = append(into, pointer.Interface())
			after = append(after, func() {
				if !pointer.Elem().IsNil() {
					to.Set(pointer.Elem().Elem())
				}
			})
		}
	}
	return into, func() any {
		for _, set := range after {
			set()
		}
		return value.Interface()
	}
}

// setTime sets a field of type time.Time or *time.Time; NULL is zero, or nil.
func setTime(to reflect.Value, at time.Time) {
	switch {
	case to.Kind() != reflect.Pointer:
		to.Set(reflect.ValueOf(at))
	case !at.IsZero():
		to.Set(reflect.ValueOf(&at))
	}
}

// A setting is a column with what to bind for it.
type setting struct {
	djangodb.Field
	quoted string
	value  any
}

// has reports whether a column is among others.
func has(all []setting, name string) bool {
	return slices.ContainsFunc(all, func(s setting) bool { return s.Name == name })
}

// ofCustom returns what to store of User.Custom: the columns in which it differs from before, if that
// is not nil.
func (u *Users) ofCustom(custom, before any) ([]setting, error) {
	values, ok := custom.(map[string]any)
	if ok {
		return u.ofMap(values)
	}
	x := u.table.extra
	if x == nil || custom == nil {
		return nil, nil // it is somebody else's
	}
	now := reflect.ValueOf(custom)
	if now.Type() != x.of {
		return nil, invalid("custom", fmt.Sprintf("is a %T; want a %s, or a map[string]any", custom, x.of))
	}
	old := reflect.ValueOf(before)
	var all []setting
	for _, f := range x.fields {
		v := now.Field(f.index)
		if old.IsValid() && reflect.DeepEqual(v.Interface(), old.Field(f.index).Interface()) {
			continue
		}
		value, err := u.bind(f.Field, v.Interface())
		if err != nil {
			return nil, err
		}
		all = append(all, setting{f.Field, f.quoted, value})
	}
	return all, nil
}

func (u *Users) ofMap(values map[string]any) (all []setting, _ error) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		c, ok := u.table.column(name)
		if !ok || u.table.isField(name) {
			return nil, fmt.Errorf("%w: %s has no further column %q", errInvalid, u.table.model.Table, name)
		}
		value, err := u.bind(c, values[name])
		if err != nil {
			return nil, err
		}
		all = append(all, setting{c, u.db.Dialect.Quote(name), value})
	}
	return all, nil
}

// bind returns what to bind for a value of a column. A text becomes what the column has: the
// databases would not all refuse what it is not.
func (u *Users) bind(c djangodb.Field, value any) (any, error) {
	switch v := value.(type) {
	case time.Time:
		return u.bindTime(c, v), nil
	case *time.Time:
		if v == nil {
			return nil, nil
		}
		return u.bindTime(c, *v), nil
	case string:
		return u.bindText(c, v)
	}
	_, binds := value.(driver.Valuer)
	number := reflect.Indirect(reflect.ValueOf(value))
	if c.Kind() == djangodb.IntegerKind && !binds && (number.CanInt() || number.CanUint()) {
		return u.bindInteger(c, value)
	}
	return value, nil
}

// bindInteger returns what to bind for an integer, or the text of one.
func (u *Users) bindInteger(c djangodb.Field, value any) (any, error) {
	bound, ok := c.Fit(u.db, value)
	if !ok {
		return nil, invalid(c.Name, "wants a whole number that is not too large")
	}
	return bound, nil
}

// bindTime returns what to bind for a time; NULL if it is zero.
func (u *Users) bindTime(c djangodb.Field, t time.Time) any {
	switch {
	case t.IsZero():
		return nil
	case c.Kind() == djangodb.DateKind:
		return t.In(u.zone()).Format(time.DateOnly)
	default:
		return u.db.EncodeTime(t)
	}
}

func (u *Users) zone() *time.Location {
	if u.db.TimeZone == nil {
		return time.UTC
	}
	return u.db.TimeZone
}

func (u *Users) bindText(c djangodb.Field, text string) (any, error) {
	kind := c.Kind()
	if text == "" && kind != djangodb.TextKind && !c.Required {
		return nil, nil
	}
	var value any = text
	var err error
	switch kind {
	case djangodb.BoolKind:
		value, err = strconv.ParseBool(text)
	case djangodb.IntegerKind:
		return u.bindInteger(c, text)
	case djangodb.TimeKind, djangodb.DateKind:
		at := u.db.Time()
		_ = at.Scan(text) // which returns no error for a text
		if value = u.bindTime(c, at.At); value == nil {
			return nil, invalid(c.Name, "wants a time, such as 2026-01-02 15:04:05")
		}
	case djangodb.UUIDKind:
		id, ok := uuidtext.Parse(text)
		if value = id.String(); !ok {
			return nil, invalid(c.Name, "wants a UUID")
		}
	default:
		return text, checkBytes(c.Name, text, c.Width())
	}
	if err != nil {
		return nil, invalid(c.Name, "wants true or false")
	}
	return value, nil
}
