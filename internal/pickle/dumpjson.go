package pickle

import (
	"errors"
	"math/big"
	"strconv"

	"github.com/jamsession/jamsession/internal/rawjson"
)

// JSON writes the value that a valid JSON text says, as Python's json module
// would read it.
func (w *Writer) JSON(text []byte) error { return rawjson.Walk(text, fromJSON{w}) }

// fromJSON is a [rawjson.Visitor] that writes what it is told. Of equal names
// it writes all: the last one counts, here as in JSON.
type fromJSON struct{ w *Writer }

func (j fromJSON) Begin(kind byte) error {
	if err := j.w.spend(0); err != nil {
		return err
	}
	if kind == '[' {
		j.w.op(']', '(')
	} else {
		j.w.op('}', '(')
	}
	return nil
}

func (j fromJSON) End(kind byte) error {
	if kind == '[' {
		j.w.op('e')
	} else {
		j.w.op('u')
	}
	return nil
}

func (j fromJSON) Name(text []byte) error { return j.w.Value(rawjson.String(text)) }

func (j fromJSON) Scalar(text []byte) error {
	switch text[0] {
	case 'n':
		return j.w.Value(nil)
	case 't', 'f':
		return j.w.Value(text[0] == 't')
	case '"':
		return j.w.Value(rawjson.String(text))
	}
	if f, ok := rawjson.Float(text); ok {
		return j.w.Value(f)
	}
	if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		return j.w.Value(n)
	}
	n, ok := new(big.Int).SetString(string(text), 10) // MaxDigits bounds it
	if !ok {
		return errors.New("a number cannot be read")
	}
	return j.w.Value(n)
}
