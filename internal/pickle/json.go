package pickle

import (
	"encoding/base64"
	"fmt"
	"math/big"
	"strconv"

	"github.com/jamsession/jamsession/internal/rawjson"
)

// AppendJSON appends a value as Python's json module writes it, and in some
// form what it cannot write: tuples and sets as arrays, bytes as base64, times
// as text in ISO 8601, a timedelta as seconds. Keys of dicts are those of
// json.dumps. The error names the type of what has no form, or wraps
// [ErrLimit] if the text would be too long.
func AppendJSON(dst []byte, v Value) ([]byte, error) {
	if !hasRoom(dst, v) {
		return nil, fmt.Errorf("%w: more than %d bytes as JSON", ErrLimit, rawjson.MaxSize)
	}
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case *big.Int:
		return v.Append(dst, 10), nil
	case float64:
		return rawjson.AppendFloat(dst, v), nil
	case string:
		return rawjson.AppendString(dst, v), nil
	case Bytes:
		return appendBase64(dst, v), nil
	case ByteArray:
		return appendBase64(dst, v), nil
	case *List:
		return appendArray(dst, v.Items)
	case Tuple:
		return appendArray(dst, v)
	case *Set:
		return appendArray(dst, v.Items)
	case *Dict:
		return appendObject(dst, v)
	case Call:
		return appendCall(dst, v)
	case Opaque:
		return nil, fmt.Errorf("%.100q is not readable", v.Type)
	default:
		return nil, fmt.Errorf("%T is not readable", v)
	}
}

// hasRoom reports whether a value fits behind dst, before it is written:
// texts grow by a factor of six.
func hasRoom(dst []byte, v Value) bool {
	room := rawjson.MaxSize - len(dst)
	switch v := v.(type) {
	case string:
		return len(v) <= room && (6*len(v) < room || rawjson.StringSize(v) <= room)
	case Bytes:
		return base64.StdEncoding.EncodedLen(len(v)) < room
	case ByteArray:
		return base64.StdEncoding.EncodedLen(len(v)) < room
	case *big.Int:
		return v.BitLen()/3 < room
	}
	return room >= 0
}

func appendBase64(dst, b []byte) []byte {
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, b)
	return append(dst, '"')
}

func appendArray(dst []byte, values []Value) (_ []byte, err error) {
	dst = append(dst, '[')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = AppendJSON(dst, v); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

func appendObject(dst []byte, d *Dict) ([]byte, error) {
	dst = append(dst, '{')
	for i, p := range d.Pairs {
		if i > 0 {
			dst = append(dst, ',')
		}
		key, err := keyText(p.Key)
		if err != nil {
			return nil, err
		}
		if dst, err = AppendJSON(dst, key); err != nil {
			return nil, err
		}
		if dst, err = AppendJSON(append(dst, ':'), p.Value); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

// keyText returns the name that json.dumps makes of a key.
func keyText(key Value) (string, error) {
	switch key := key.(type) {
	case string:
		return key, nil
	case nil, bool, int64, *big.Int, float64:
		text, err := AppendJSON(nil, key)
		return string(text), err
	default:
		return "", fmt.Errorf("a dict with a key of type %s is not readable", TypeName(key))
	}
}

// TypeName returns the name of a value's type in Python.
func TypeName(v Value) string {
	switch v := v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int64, *big.Int:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case Bytes:
		return "bytes"
	case ByteArray:
		return "bytearray"
	case *List:
		return "list"
	case Tuple:
		return "tuple"
	case *Dict:
		return "dict"
	case *Set:
		if v.Frozen {
			return "frozenset"
		}
		return "set"
	case Call:
		return v.Name
	case Opaque:
		return v.Type
	}
	return "object"
}

// appendCall appends a time as its isoformat.
func appendCall(dst []byte, c Call) ([]byte, error) {
	text, ok := isoformat(c)
	switch {
	case ok:
		return rawjson.AppendString(dst, text), nil
	case c.Name == "datetime.timedelta":
		if us, ok := microseconds(c.Args); ok {
			return rawjson.AppendFloat(dst, us/1e6), nil
		}
	}
	return nil, fmt.Errorf("%.100q is not readable", c.Name)
}

// isoformat is Python's, for what package datetime pickles as bytes.
func isoformat(c Call) (string, bool) {
	if len(c.Args) == 0 {
		return "", false
	}
	b, ok := c.Args[0].(Bytes)
	if !ok {
		return "", false
	}
	switch {
	case c.Name == "datetime.date" && len(b) == 4 && len(c.Args) == 1:
		return isoDate(b), true
	case c.Name == "datetime.datetime" && len(b) == 10:
		zone, ok := isoZone(c.Args[1:])
		return isoDate(b) + "T" + isoTime(b[4:]) + zone, ok
	case c.Name == "datetime.time" && len(b) == 6:
		zone, ok := isoZone(c.Args[1:])
		return isoTime(b) + zone, ok
	}
	return "", false
}

func isoDate(b Bytes) string {
	return fmt.Sprintf("%04d-%02d-%02d", int(b[0])<<8|int(b[1]), b[2]&0x7f, b[3]) // a bit is the fold
}

func isoTime(b Bytes) string {
	text := fmt.Sprintf("%02d:%02d:%02d", b[0]&0x7f, b[1], b[2])
	if us := int(b[3])<<16 | int(b[4])<<8 | int(b[5]); us != 0 {
		text += fmt.Sprintf(".%06d", us)
	}
	return text
}

// isoZone returns the offset of a time zone with a fixed one.
func isoZone(args Tuple) (string, bool) {
	if len(args) == 0 {
		return "", true
	}
	zone, ok := args[0].(Call)
	if !ok {
		return "", false
	}
	switch zone.Name {
	case "pytz._UTC", "django.utils.timezone.UTC", "django.utils.timezone._UTC":
		return "+00:00", true
	case "zoneinfo.ZoneInfo._unpickle":
		return "+00:00", len(zone.Args) > 0 && zone.Args[0] == Value("UTC")
	case "datetime.timezone":
		return isoOffset(zone.Args)
	}
	return "", false
}

func isoOffset(args Tuple) (string, bool) {
	if len(args) == 0 {
		return "", false
	}
	delta, ok := args[0].(Call)
	if !ok || delta.Name != "datetime.timedelta" {
		return "", false
	}
	us, ok := microseconds(delta.Args)
	seconds := int(us / 1e6)
	if !ok || float64(seconds)*1e6 != us {
		return "", false
	}
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	text := fmt.Sprintf("%c%02d:%02d", sign, seconds/3600, seconds/60%60)
	if s := seconds % 60; s != 0 {
		text += fmt.Sprintf(":%02d", s)
	}
	return text, true
}

// microseconds returns what timedelta(days, seconds, microseconds) says.
func microseconds(args Tuple) (float64, bool) {
	units := []float64{86400e6, 1e6, 1}
	sum := 0.0
	for i, arg := range args {
		n, ok := arg.(int64)
		if !ok || i >= len(units) {
			return 0, false
		}
		sum += float64(n) * units[i]
	}
	return sum, true
}
