package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// from returns a client whose connections come from an address of this
// machine, with cookies, that follows no redirect.
func from(addr net.IP, conns int) *http.Client {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: addr}}
	jar, _ := cookiejar.New(nil) // fails never
	return &http.Client{
		Jar: jar,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, MaxConnsPerHost: conns, MaxIdleConnsPerHost: conns,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// token gets the login page, and returns what its form carries.
func token(ctx context.Context, c *http.Client, addr string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/login", nil)
	if err != nil {
		return "", err
	}
	resp, err := c.Do(r)
	if err != nil {
		return "", err
	}
	page, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	_, value, ok := bytes.Cut(page, []byte(`value="`))
	value, _, end := bytes.Cut(value, []byte(`"`))
	if err != nil || !ok || !end {
		return "", fmt.Errorf("a login page without a token, status %d: %w", resp.StatusCode, err)
	}
	return string(value), nil
}

// post sends a form, and returns the status of the answer.
func post(ctx context.Context, c *http.Client, to, token, username, password string) (int, error) {
	form := url.Values{"csrfmiddlewaretoken": {token}, "username": {username}, "password": {password}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.Do(r)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, errors.Join(err, resp.Body.Close())
}

// A login is one of an honest user: the page, the form, and the answer.
type login struct {
	status int // 0: the connection broke
	took   time.Duration
}

// honest makes users log in, one at each interval, each from an address of its
// own, whether the others have their answer or not.
func (o HostileOptions) honest(
	ctx context.Context, addr string, length time.Duration, first int,
) ([]login, error) {
	logins := make([]login, int(length/o.Every))
	var wg sync.WaitGroup
	tick := time.NewTicker(o.Every)
	defer tick.Stop()
	for i := range logins {
		wg.Go(func() { logins[i] = logIn(ctx, addr, first+i) })
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	wg.Wait()
	return logins, ctx.Err()
}

// logIn logs one user in. A minute counts as forever.
func logIn(ctx context.Context, addr string, i int) login {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	c := from(net.IPv4(127, 0, 1+byte(i/250), 1+byte(i%250)), 1)
	defer c.CloseIdleConnections()
	begin := time.Now()
	value, err := token(ctx, c, addr)
	if err != nil {
		return login{0, time.Since(begin)}
	}
	status, _ := post(ctx, c, "http://"+addr+"/login", value, honestName(i), honestPassword)
	return login{status, time.Since(begin)}
}

// An attacker sends forms from one address on many connections.
type attacker struct {
	stop    context.CancelFunc
	done    sync.WaitGroup
	answers [600]atomic.Int64 // by status; 0: the connection broke
	names   atomic.Int64
}

// fixed are cookies that no answer changes: a login would give out a new secret
// for forms, and the others would send the old one.
type fixed struct{ cookies []*http.Cookie }

// SetCookies implements [http.CookieJar].
func (fixed) SetCookies(*url.URL, []*http.Cookie) {}

// Cookies implements [http.CookieJar].
func (f fixed) Cookies(*url.URL) []*http.Cookie { return f.cookies }

// begin starts an attack: each connection sends, as soon as it has an answer,
// a sign-up of a new user, or a login of a user who does not exist.
func (o HostileOptions) begin(ctx context.Context, addr string) (*attacker, error) {
	ctx, stop := context.WithCancel(ctx)
	a := &attacker{stop: stop}
	c := from(net.IPv4(127, 0, 0, 2), o.Connections)
	value, err := token(ctx, c, addr)
	if err != nil {
		stop()
		return nil, err
	}
	c.Jar = fixed{c.Jar.Cookies(&url.URL{Scheme: "http", Host: addr})}
	for i := range o.Connections {
		a.done.Go(func() {
			for n := i; ctx.Err() == nil; n++ {
				to := [2]string{"/signup", "/login"}[n%2]
				name := fmt.Sprintf("hostile%d", a.names.Add(1))
				status, err := post(ctx, c, "http://"+addr+to, value, name, "a hostile staple")
				if ctx.Err() == nil && (err == nil || status == 0) {
					a.answers[status].Add(1)
				}
			}
		})
	}
	return a, nil
}

// end stops the attack, and returns how often there was each answer.
func (a *attacker) end() map[int]int64 {
	a.stop()
	a.done.Wait()
	answers := make(map[int]int64)
	for status := range a.answers {
		if n := a.answers[status].Load(); n > 0 {
			answers[status] = n
		}
	}
	return answers
}
