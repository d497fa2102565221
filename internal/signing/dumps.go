package signing

import (
	"bytes"
	"errors"
	"fmt"
	"time"
)

// ErrTooLarge says that the payload is larger than allowed. Its signature is
// right, so that it is not a forgery, and must not be taken for one.
var ErrTooLarge = errors.New("signing: payload is too large")

// compressed is the first byte of a text that holds zlib data. It is not a
// digit of base64.
const compressed = '.'

// WorthCompressing is the size from which on sessions are compressed. Below it
// zlib saves some dozen bytes, and takes as long as all else that a request does
// with its session; Django, which always tries, reads both.
const WorthCompressing = 512

// Dumps returns the payload as base64 text with the time, and signed. With
// compress it is compressed if that makes it shorter.
func (s *Signer) Dumps(payload []byte, compress bool) []byte {
	return s.DumpsAt(payload, compress, time.Now())
}

// DumpsAt is [Signer.Dumps] with another time than now.
func (s *Signer) DumpsAt(payload []byte, compress bool, at time.Time) []byte {
	if compress {
		d := deflaters.Get().(*deflater)
		defer deflaters.Put(d)
		if z := d.deflate(payload); len(z) < len(payload)-1 {
			return s.dumps([]byte{compressed}, z, at)
		}
	}
	return s.dumps(nil, payload, at)
}

func (s *Signer) dumps(prefix, data []byte, at time.Time) []byte {
	const rest = len(":1r31eq:") + 43 // the time and the signature
	text := make([]byte, 0, len(prefix)+encoding.EncodedLen(len(data))+rest+8)
	text = append(text, prefix...)
	return s.signTimeAt(encoding.AppendEncode(text, data), at)
}

// Loads returns the payload that [Signer.Dumps] was given, of at most maxSize
// bytes. It returns the errors of [Signer.UnsignTime], an error wrapping
// [ErrMalformed] for what is not base64 or zlib text, and [ErrTooLarge]. It
// stops to inflate at maxSize.
func (s *Signer) Loads(signed []byte, maxAge time.Duration, maxSize int) ([]byte, error) {
	text, err := s.unsignTime(signed, maxAge)
	if err != nil {
		return nil, err
	}
	return payload(text, maxSize)
}

// LoadsAt returns the payload, however old, and when it was signed, to the
// second. Its errors are those of [Signer.Loads] without [ErrExpired].
func (s *Signer) LoadsAt(signed []byte, maxSize int) ([]byte, time.Time, error) {
	text, at, err := s.unsignTimeAt(signed)
	if err != nil {
		return nil, time.Time{}, err
	}
	data, err := payload(text, maxSize)
	return data, at, err
}

// UnverifiedPayload returns the payload of what [Signer.Dumps] returned
// without looking at the signature: anyone may have written it. It is for
// consoles. Its errors are those of [Signer.Loads].
func UnverifiedPayload(signed []byte, maxSize int) ([]byte, error) {
	for range 2 { // the signature, then the time
		i := bytes.LastIndexByte(signed, separator)
		if i < 0 {
			return nil, fmt.Errorf("%w: no time or no signature", ErrMalformed)
		}
		signed = signed[:i]
	}
	return payload(signed, maxSize)
}

// payload decodes what stands before the time.
func payload(text []byte, maxSize int) ([]byte, error) {
	isCompressed := len(text) > 0 && text[0] == compressed
	if isCompressed {
		text = text[1:]
	}
	data, err := encoding.AppendDecode(nil, text)
	if err != nil {
		return nil, fmt.Errorf("%w: base64: %w", ErrMalformed, err)
	}
	if isCompressed {
		return inflate(data, maxSize)
	}
	if len(data) > maxSize {
		return nil, ErrTooLarge
	}
	return data, nil
}
