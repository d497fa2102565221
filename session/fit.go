package session

import (
	"errors"
	"fmt"
	"reflect"
)

// checkStore returns why the store and the options cannot work together. Here it is an
// error at the start; later, every visitor would get it.
func (o *Options) checkStore(store Store) error {
	_, isPlain := o.Codec.(plain)
	_, seals := store.(sealer)
	bytes, _ := store.(byteStore)
	coded, _ := store.(codecStore)
	switch {
	case seals && o.HashKeys:
		return errors.New("session: Options.HashKeys is for stores that keep records; " +
			"this one has them in the cookie")
	case seals && !isPlain:
		return errors.New("session: Options.Codec is for stores that keep records; " +
			"this one has them in the cookie, and signs them itself")
	case !seals && !o.Codec.MakesText() && (bytes == nil || !bytes.KeepsBytes()):
		return fmt.Errorf("session: Options.Codec makes bytes, and a %T keeps text only; "+
			"take a codec that makes text, such as django.Signed, or a store that keeps bytes", store)
	case coded != nil && coded.Codec() != nil &&
		reflect.TypeOf(coded.Codec()) != reflect.TypeOf(o.Codec):
		return fmt.Errorf("session: Options.Codec is a %T, and the store was given a %T: give both the same",
			o.Codec, coded.Codec())
	}
	return nil
}
