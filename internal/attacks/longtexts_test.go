package attacks

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestLongTextsStayOutOfTheLog: no text of a megabyte, wherever a request has it, makes a long line.
func TestLongTextsStayOutOfTheLog(t *testing.T) {
	const size, mostLog = 1 << 20, 2000
	s := open(t, map[string]string{
		"TRUSTED_PROXIES": "192.0.2.0/24", "ALLOWED_HOSTS": "www.example.com", "SIGNUP_LIMIT": "1000/1",
		"SECURE_PROXY_SSL_HEADER": "HTTP_X_FORWARDED_PROTO,https", "LOGIN_LIMIT_SOURCE": "1000/1",
	})
	site := s.Handler(s.pages())
	for _, shape := range []string{"a", "a.", "ü", "192.0.2.1,", "a=b;", "[", "/%41", "a\n"} {
		long := strings.Repeat(shape, size/len(shape))
		for _, place := range []string{
			"Host", "X-Forwarded-For", "X-Forwarded-Proto", "Origin", "Referer", "Cookie", "sessionid", "csrftoken",
			"messages", "X-Csrftoken", "Accept", "Content-Type", "Sec-Fetch-Site", "User-Agent",
			"method", "https Origin", "https Referer", "path", "query", "next", "username", "email", "password", "csrfmiddlewaretoken",
		} {
			for _, path := range []string{"/login", "/signup", "/reset/MQ/x", "/account/"} {
				before := len(s.log.String())
				site.ServeHTTP(httptest.NewRecorder(), longRequest(place, path, long))
				if n := len(s.log.String()) - before; n > mostLog {
					t.Errorf("%s with a long %s (%q…): %d bytes of log", path, place, shape, n)
				}
			}
		}
	}
}

// longRequest returns a form that is sent to path, with a long text in one place.
func longRequest(place, path, long string) *http.Request {
	fields := url.Values{"username": {"alice"}, "password": {"x"}, "email": {"a@example.com"}}
	target := &url.URL{Scheme: "https", Host: "www.example.com", Path: path}
	header := http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"}, "Origin": {"https://www.example.com"},
		"X-Forwarded-Proto": {"https"}, "X-Forwarded-For": {"203.0.113.7"}, "Sec-Fetch-Site": {"same-origin"},
	}
	host, method := target.Host, http.MethodPost
	switch place {
	case "method":
		method = "POST" + long
	case "Host":
		host = long
	case "path":
		target.Path += long
	case "query", "next":
		target.RawQuery = place + "=" + url.QueryEscape(long)
	case "sessionid", "csrftoken", "messages":
		header.Set("Cookie", place+"="+long)
	case "username", "email", "password", "csrfmiddlewaretoken":
		fields.Set(place, long)
	case "https Origin", "https Referer":
		header.Set(strings.TrimPrefix(place, "https "), "https://"+long)
	default:
		header.Set(place, long)
	}
	r := httptest.NewRequest(http.MethodPost, "https://www.example.com/", strings.NewReader(fields.Encode()))
	r.Method, r.Host, r.URL, r.Header, r.TLS = method, host, target, header, nil
	return r
}
