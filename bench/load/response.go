package load

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// A response is what a server answered.
type response struct {
	status int
	cookie []byte // the first that is set, as "name=value"; a copy
	body   []byte // until the next response is read
}

// What a response may have at most. The pages are far below.
const (
	maxHeaders = 100
	maxBody    = 64 << 10
)

// errClosing: connections are to stay open.
var errClosing = errors.New("the server closes the connection")

// readResponse reads one HTTP/1.1 response that says how long it is. A line
// must fit into r's buffer. The body is kept in buf if that is large enough.
func readResponse(r *bufio.Reader, buf []byte) (response, error) {
	var resp response
	line, err := readLine(r)
	if err != nil {
		return resp, err
	}
	if resp.status, err = parseStatus(line); err != nil {
		return resp, err
	}
	length, err := resp.readHeader(r)
	if err != nil {
		return resp, err
	}
	if cap(buf) < length {
		buf = make([]byte, length)
	}
	resp.body = buf[:length]
	if _, err := io.ReadFull(r, resp.body); err != nil {
		return resp, fmt.Errorf("body: %w", err)
	}
	return resp, nil
}

// readHeader reads the header and returns the length of the body.
func (resp *response) readHeader(r *bufio.Reader) (int, error) {
	length := -1
	for range maxHeaders {
		line, err := readLine(r)
		if err != nil {
			return 0, err
		}
		if len(line) == 0 {
			if length < 0 {
				return 0, errors.New("the response does not say how long it is")
			}
			return length, nil
		}
		if err := resp.field(line, &length); err != nil {
			return 0, err
		}
	}
	return 0, fmt.Errorf("more than %d header fields", maxHeaders)
}

var (
	contentLength    = []byte("Content-Length")
	transferEncoding = []byte("Transfer-Encoding")
	connectionField  = []byte("Connection")
	setCookie        = []byte("Set-Cookie")
)

func (resp *response) field(line []byte, length *int) error {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return errors.New("a header field without a colon")
	}
	value = bytes.Trim(value, " \t")
	switch {
	case bytes.EqualFold(name, contentLength):
		n, err := parseLength(value)
		if err == nil && *length >= 0 && n != *length {
			err = errors.New("two lengths")
		}
		*length = n
		return err
	case bytes.EqualFold(name, transferEncoding):
		return errors.New("the response has a transfer encoding, and not a length")
	case bytes.EqualFold(name, connectionField) && bytes.EqualFold(value, []byte("close")):
		return errClosing
	case bytes.EqualFold(name, setCookie) && resp.cookie == nil:
		pair, _, _ := bytes.Cut(value, []byte(";"))
		resp.cookie = bytes.Clone(pair)
	}
	return nil
}

// readLine returns a line without its end, until the next read.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	line, ok := bytes.CutSuffix(line, []byte("\r\n"))
	if !ok {
		return nil, errors.New("a line that does not end in CR LF")
	}
	return line, nil
}

func parseStatus(line []byte) (int, error) {
	rest, ok := bytes.CutPrefix(line, []byte("HTTP/1.1 "))
	digits, _, _ := bytes.Cut(rest, []byte(" "))
	n, good := decimal(digits)
	if !ok || !good || len(digits) != 3 || n < 200 {
		return 0, fmt.Errorf("no final status of HTTP/1.1: %.40q", line)
	}
	return n, nil
}

func parseLength(value []byte) (int, error) {
	n, ok := decimal(value)
	if !ok || n > maxBody {
		return 0, fmt.Errorf("a length of %.20q", value)
	}
	return n, nil
}

// decimal reads a number of at most nine digits.
func decimal(text []byte) (n int, ok bool) {
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(text) > 0 && len(text) <= 9
}
