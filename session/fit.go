package session

import (
	"errors"
	"fmt"
	"reflect"
)

// checkStore returns why the store and the options cannot work together. Here it is an
// error at the start; later, every visitor would get it.
func (m *Manager) checkStore() error {
	_, isPlain := m.opts.Codec.(plain)
	bytes, _ := m.store.(byteStore)
	coded, _ := m.store.(codecStore)
	switch {
	case m.sealer != nil && m.opts.HashKeys:
		return errors.New("session: Options.HashKeys is for stores that keep records; " +
			"this one has them in the cookie")
	case m.sealer != nil && !isPlain:
		return errors.New("session: Options.Codec is for stores that keep records; " +
			"this one has them in the cookie, and signs them itself")
	case m.sealer == nil && !m.opts.Codec.MakesText() && (bytes == nil || !bytes.KeepsBytes()):
		return fmt.Errorf("session: Options.Codec makes bytes, and a %T keeps text only; "+
			"take a codec that makes text, such as django.Signed, or a store that keeps bytes", m.store)
	case coded != nil && coded.Codec() != nil &&
		reflect.TypeOf(coded.Codec()) != reflect.TypeOf(m.opts.Codec):
		return fmt.Errorf("session: Options.Codec is a %T, and the store was given a %T: give both the same",
			m.opts.Codec, coded.Codec())
	}
	return nil
}
