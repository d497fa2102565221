package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/jamsession/jamsession/internal/rawjson"
)

func encodeItem[T any](name string, v T) ([]byte, error) {
	raw, err := rawjson.AppendValue(nil, v)
	if err != nil {
		return nil, cannotBeSet(name, err)
	}
	return raw, nil
}

func cannotBeSet(name string, err error) error {
	return fmt.Errorf("%w: item %q cannot be set: %w", ErrType, name, err)
}

// decodeItem decodes an item into v. An error names the item and its type, and does
// not show the value.
func decodeItem(name string, raw []byte, v any) error {
	err := rawjson.DecodeValue(raw, v)
	if err == nil {
		return nil
	}
	var field string
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && t.Field != "" {
		field = " (field " + t.Field + ")"
	}
	return fmt.Errorf("%w: item %q is not of type %s%s",
		ErrType, name, reflect.TypeOf(v).Elem(), field)
}
