package cachevalue

import (
	"bytes"
	"io"
)

// Written returns what a compressing writer makes of a value.
func Written(open func(io.Writer) (io.WriteCloser, error), value []byte) ([]byte, error) {
	var packed bytes.Buffer
	w, err := open(&packed)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(value); err != nil {
		return nil, err
	}
	err = w.Close()
	return packed.Bytes(), err
}

// ReadAll returns what a decompressing reader has, or ErrTooLarge if that is more than so
// many bytes. It takes memory as bytes come, whatever a value says of its length.
func ReadAll(r io.Reader, most int) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	if err == nil && len(data) > most {
		err = ErrTooLarge
	}
	return data, err
}
