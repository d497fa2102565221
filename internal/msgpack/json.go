package msgpack

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"

	"github.com/jamsession/jamsession/internal/rawjson"
)

// AppendJSON appends a value as Python's json module writes it, and bytes as
// base64. The error names the type of what has no form, or wraps [ErrLimit] if the
// text would be too long.
func AppendJSON(dst, raw []byte) ([]byte, error) {
	r := &reader{src: raw}
	return r.json(dst, MaxDepth)
}

func (r *reader) json(dst []byte, depth int) ([]byte, error) {
	h, err := r.header()
	if err != nil {
		return nil, err
	}
	if len(dst) > MaxSize {
		return nil, fmt.Errorf("%w: more than %d bytes as JSON", ErrLimit, MaxSize)
	}
	switch h.kind {
	case aNil:
		return append(dst, "null"...), nil
	case aBool:
		return strconv.AppendBool(dst, h.bits == 1), nil
	case anInt:
		if h.neg {
			return strconv.AppendInt(dst, int64(h.bits), 10), nil
		}
		return strconv.AppendUint(dst, h.bits, 10), nil
	case aFloat:
		return rawjson.AppendFloat(dst, h.float()), nil
	case aText:
		return r.jsonText(dst, h)
	case aBin:
		return r.jsonBytes(dst, h)
	case anArray, aMap:
		if depth == 0 {
			return nil, fmt.Errorf("%w: nested deeper than %d", ErrLimit, MaxDepth)
		}
		return r.jsonParts(dst, h, depth-1)
	}
	return nil, fmt.Errorf("msgpack: a value of type %s is not readable", h.kind)
}

func (h header) float() float64 {
	if h.thin {
		return float64(math.Float32frombits(uint32(h.bits)))
	}
	return math.Float64frombits(h.bits)
}

func (r *reader) jsonText(dst []byte, h header) ([]byte, error) {
	text, err := r.text(h)
	if err != nil {
		return nil, err
	}
	if len(dst)+rawjson.StringSize(text) > MaxSize {
		return nil, fmt.Errorf("%w: more than %d bytes as JSON", ErrLimit, MaxSize)
	}
	return rawjson.AppendString(dst, text), nil
}

func (r *reader) jsonBytes(dst []byte, h header) ([]byte, error) {
	b, err := r.take(h.size)
	if err != nil {
		return nil, err
	}
	if len(dst)+base64.StdEncoding.EncodedLen(len(b)) > MaxSize {
		return nil, fmt.Errorf("%w: more than %d bytes as JSON", ErrLimit, MaxSize)
	}
	dst = base64.StdEncoding.AppendEncode(append(dst, '"'), b)
	return append(dst, '"'), nil
}

func (r *reader) jsonParts(dst []byte, h header, depth int) (_ []byte, err error) {
	marks := "[]"
	if h.kind == aMap {
		marks = "{}"
	}
	dst = append(dst, marks[0])
	for i := range h.size {
		if i > 0 {
			dst = append(dst, ',')
		}
		if h.kind == aMap {
			name, err := r.name()
			if err != nil {
				return nil, err
			}
			dst = append(rawjson.AppendString(dst, name), ':')
		}
		if dst, err = r.json(dst, depth); err != nil {
			return nil, err
		}
	}
	return append(dst, marks[1]), nil
}
