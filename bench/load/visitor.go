package load

import (
	"bytes"
	"fmt"
	"strconv"
)

// A page is one of those that are measured.
type page int

const (
	read      page = iota // shows two items of the session
	write                 // changes an item as well
	untouched             // does not look at the session that the cookie names
)

var pages = []page{read, write, untouched}

func (p page) String() string { return [...]string{"read", "write", "untouched"}[p] }

// A visitor has a session at one site. It belongs to one goroutine at a time.
type visitor struct {
	id     string
	visits int       // writes so far
	ask    [3][]byte // requests by page
	want   [3][]byte // the bodies to get
}

// login makes the visitor's session.
func (v *visitor) login(c *conn, sessions bool) error {
	want := []byte(greeting(v.id, username(v.id)))
	resp, err := c.do(request("POST", "/login/"+v.id, nil), want)
	if err != nil {
		return err
	}
	guest := []byte(greeting("0", "Guest"))
	cookie := resp.cookie
	switch {
	case sessions && cookie == nil:
		return fmt.Errorf("the login of visitor %s set no cookie", v.id)
	case !sessions: // a cookie is sent all the same, and looked at by nobody
		cookie, want = []byte("sessionid=0123456789abcdefghijklmnopqrstuv"), guest
	}
	v.ask = [3][]byte{
		request("GET", "/read", cookie),
		request("POST", "/write", cookie),
		request("GET", "/untouched", cookie),
	}
	v.want = [3][]byte{want, want, guest}
	return nil
}

// get asks for a page.
func (v *visitor) get(c *conn, p page) error {
	if _, err := c.do(v.ask[p], v.want[p]); err != nil {
		return fmt.Errorf("visitor %s, %s: %w", v.id, p, err)
	}
	if p == write {
		v.visits++
	}
	return nil
}

// check finds out whether each write has been kept.
func (v *visitor) check(c *conn) error {
	ask := bytes.Replace(v.ask[read], []byte("/read"), []byte("/visits"), 1)
	if _, err := c.do(ask, []byte(strconv.Itoa(v.visits))); err != nil {
		return fmt.Errorf("visitor %s, visits: %w", v.id, err)
	}
	return nil
}

// request returns the bytes of a request as a small client sends them.
func request(method, path string, cookie []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: load\r\nAccept: */*\r\n", method, path)
	if method == "POST" {
		b.WriteString("Content-Length: 0\r\n")
	}
	if cookie != nil {
		fmt.Fprintf(&b, "Cookie: %s\r\n", cookie)
	}
	b.WriteString("\r\n")
	return b.Bytes()
}
