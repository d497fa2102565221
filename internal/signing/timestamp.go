package signing

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"time"
)

// ErrExpired says that the signature is right and older than allowed.
var ErrExpired = errors.New("signing: signature has expired")

// NoMaxAge is the maximal age that no signature exceeds.
const NoMaxAge time.Duration = math.MaxInt64

// SignTime returns the value with the time, in whole seconds, and signed.
func (s *Signer) SignTime(value string) string {
	return string(s.signTime([]byte(value)))
}

// UnsignTime returns the value that was signed. It returns [ErrBadSignature],
// [ErrExpired] if the signature is older than maxAge, or an error wrapping
// [ErrMalformed] if there is no time. A time in the future is not an error,
// since clocks differ.
func (s *Signer) UnsignTime(signed string, maxAge time.Duration) (string, error) {
	value, err := s.unsignTime([]byte(signed), maxAge)
	return string(value), err
}

func (s *Signer) signTime(value []byte) []byte { return s.signTimeAt(value, time.Now()) }

func (s *Signer) signTimeAt(value []byte, at time.Time) []byte {
	value = append(value, separator)
	value = AppendBase62(value, at.Unix())
	return s.appendSignature(value)
}

func (s *Signer) unsignTime(signed []byte, maxAge time.Duration) ([]byte, error) {
	value, at, err := s.unsignTimeAt(signed)
	if err != nil {
		return nil, err
	}
	if time.Since(at) > maxAge {
		return nil, ErrExpired
	}
	return value, nil
}

// unsignTimeAt returns the value and when it was signed, however long ago.
func (s *Signer) unsignTimeAt(signed []byte) ([]byte, time.Time, error) {
	timed, err := s.unsign(signed)
	if err != nil {
		return nil, time.Time{}, err
	}
	i := bytes.LastIndexByte(timed, separator)
	if i < 0 {
		return nil, time.Time{}, fmt.Errorf("%w: no time", ErrMalformed)
	}
	seconds, err := ParseBase62(string(timed[i+1:]))
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("%w: time: %w", ErrMalformed, err)
	}
	return timed[:i], time.Unix(seconds, 0), nil
}
