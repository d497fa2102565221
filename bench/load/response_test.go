package load

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestReadResponse(t *testing.T) {
	const text = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nVary: Cookie\r\n" +
		"Set-Cookie: sessionid=abc; Path=/; HttpOnly\r\nSET-COOKIE: other=1\r\n\r\nhello" +
		"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
	r := bufio.NewReader(strings.NewReader(text))
	resp, err := readResponse(r, nil)
	if err != nil || resp.status != 200 || string(resp.body) != "hello" || string(resp.cookie) != "sessionid=abc" {
		t.Errorf("got %d %q %q, %v", resp.status, resp.body, resp.cookie, err)
	}
	resp, err = readResponse(r, nil)
	if err != nil || resp.status != 503 || len(resp.body) != 0 || resp.cookie != nil {
		t.Errorf("got %d %q %q, %v", resp.status, resp.body, resp.cookie, err)
	}
	if _, err := readResponse(r, nil); err == nil {
		t.Error("there is no third response")
	}
}

// TestReadResponseRefuses what is not one whole response of known length.
func TestReadResponseRefuses(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, text := range map[string]string{
		"nothing":             "",
		"another protocol":    "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
		"no number":           "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
		"an interim answer":   "HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n",
		"no length":           ok + "\r\n",
		"a negative length":   ok + "Content-Length: -1\r\n\r\n",
		"an empty length":     ok + "Content-Length:\r\n\r\n",
		"a huge length":       ok + "Content-Length: 99999999999999999999\r\n\r\n",
		"more than a page":    ok + "Content-Length: 65537\r\n\r\n" + strings.Repeat("x", 65537),
		"two lengths":         ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
		"chunks":              ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"an end":              ok + "Connection: close\r\nContent-Length: 0\r\n\r\n",
		"a body that is cut":  ok + "Content-Length: 5\r\n\r\nhell",
		"a bare line feed":    ok + "Content-Length: 0\n\r\n",
		"a field of no name":  ok + "nothing\r\nContent-Length: 0\r\n\r\n",
		"an endless line":     ok + "X: " + strings.Repeat("x", 5000) + "\r\nContent-Length: 0\r\n\r\n",
		"an endless header":   ok + strings.Repeat("X: y\r\n", 200) + "Content-Length: 0\r\n\r\n",
		"a header that stops": ok + "Content-Length: 0\r\n",
	} {
		if resp, err := readResponse(bufio.NewReader(strings.NewReader(text)), nil); err == nil {
			t.Errorf("%s: got %d %q", name, resp.status, resp.body)
		}
	}
}

// FuzzReadResponse: what is read is what net/http reads.
func FuzzReadResponse(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=b; Path=/\r\n\r\nhi"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx"))
	f.Add([]byte("HTTP/1.1 503 \r\nConnection: close\r\nContent-Length: 0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := readResponse(bufio.NewReader(bytes.NewReader(text)), nil)
		if err != nil {
			return
		}
		if len(got.body) > maxBody {
			t.Fatalf("a body of %d bytes", len(got.body))
		}
		want, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(text)), nil)
		if err != nil {
			return // it is stricter
		}
		defer want.Body.Close()
		if got.status == 204 || got.status == 304 {
			return // net/http knows that they have no body
		}
		body, _ := io.ReadAll(want.Body)
		if got.status != want.StatusCode || !bytes.Equal(got.body, body) {
			t.Errorf("got %d %q, net/http %d %q", got.status, got.body, want.StatusCode, body)
		}
	})
}
