package csrf_test

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/vectors"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

func TestVectorsConstants(t *testing.T) {
	vectors.Run(t, "csrf_constants", func(t *testing.T, c vectors.Case) {
		type constants struct {
			Alphabet     string
			SecretLength int    `json:"secret_length"`
			TokenLength  int    `json:"token_length"`
			ItemName     string `json:"session_key"`
		}
		var want constants
		c.Decode(t, nil, &want)
		got := constants{csrf.Alphabet, csrf.SecretLength, csrf.TokenLength, csrf.ItemName}
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

func TestVectorsMask(t *testing.T) {
	vectors.Run(t, "csrf_mask", func(t *testing.T, c vectors.Case) {
		var in struct{ Secret, Mask string }
		var want struct{ Token, Unmasked string }
		c.Decode(t, &in, &want)
		if got := csrf.Mask(in.Secret, in.Mask); got != want.Token {
			t.Errorf("masked: got %s, want %s", got, want.Token)
		}
		if got, flaw := csrf.ParseToken(want.Token); got != want.Unmasked {
			t.Errorf("unmasked: got %q, %q; want %s", got, flaw, want.Unmasked)
		}
	})
}

func TestVectorsSameDomain(t *testing.T) {
	vectors.Run(t, "is_same_domain", func(t *testing.T, c vectors.Case) {
		var in struct{ Host, Pattern string }
		var want struct{ Result bool }
		c.Decode(t, &in, &want)
		if got := csrf.SameDomain(in.Host, in.Pattern); got != want.Result {
			t.Errorf("sameDomain(%q, %q) = %t", in.Host, in.Pattern, got)
		}
	})
}

// A decision is a request and what Django's settings say about it.
type decision struct {
	Method, Host string
	Secure       bool
	Cookie       *string
	SessionItem  *string `json:"session__csrftoken"`
	Field        *string `json:"post_csrfmiddlewaretoken"`
	Header       *string `json:"X-CSRFToken"`
	Origin       *string
	Referer      *string
	Exempt       bool `json:"csrf_exempt"`
	DontEnforce  bool `json:"dont_enforce"`
	Settings     struct {
		TrustedOrigins []string `json:"CSRF_TRUSTED_ORIGINS"`
		UseSessions    bool     `json:"CSRF_USE_SESSIONS"`
		CookieDomain   string   `json:"CSRF_COOKIE_DOMAIN"`
	}
}

func TestVectorsDecision(t *testing.T) {
	vectors.Run(t, "csrf_decision", func(t *testing.T, c vectors.Case) {
		var in decision
		var want struct {
			Accepted      bool
			Reason, Error string
		}
		c.Decode(t, &in, &want)
		got := in.decide(t)
		if c.Version == "3.2" && differs(t, in, want.Reason, want.Error, got) {
			return
		}
		if want.Accepted != (got == nil) {
			t.Fatalf("got %v, want %+v", got, want)
		}
		if got == nil {
			return
		}
		reason := want.Reason
		if in.Referer != nil {
			// Of the Referer only the origin is repeated, since its path may
			// be a secret.
			u, err := url.Parse(*in.Referer)
			if err == nil && u.Host != "" {
				reason = strings.Replace(reason, *in.Referer, u.Scheme+"://"+u.Host, 1)
			}
		}
		if got.Reason != reason {
			t.Errorf("got  %s\nwant %s", got.Reason, reason)
		}
	})
}

// differs checks a case whose answer in 3.2 is not ours, and reports whether
// it is one.
func differs(t *testing.T, in decision, reason, crash string, got *csrf.Error) bool {
	switch {
	case in.Origin != nil: // 3.2 does not look at it
		if got != nil && !errors.Is(got, csrf.ErrOrigin) {
			t.Errorf("got %v, want nil or ErrOrigin", got)
		}
	case crash != "": // on a Referer that cannot be parsed
		if got == nil || !errors.Is(got, csrf.ErrReferer) {
			t.Errorf("got %v, want ErrReferer", got)
		}
	case in.SessionItem != nil && len(*in.SessionItem) == csrf.SecretLength:
		if got != nil { // 3.2 refuses what 4.1 and later write
			t.Errorf("got %v, want nil", got)
		}
	case reason == "CSRF token missing or incorrect.": // later versions say which
		if got == nil || !errors.Is(got, csrf.ErrToken) && !errors.Is(got, csrf.ErrCookie) {
			t.Errorf("got %v, want ErrToken or ErrCookie", got)
		}
	default:
		return false
	}
	return true
}

// decide runs the request through a site and returns why it was refused.
func (in *decision) decide(t *testing.T) *csrf.Error {
	t.Helper()
	var got *csrf.Error
	p, err := csrf.New(&csrf.Options{
		TrustedOrigins: in.trustedOrigins(),
		UseSessions:    in.Settings.UseSessions,
		Cookie:         cookie.Options{Domain: in.Settings.CookieDomain},
		Logger:         discard,
		FailureHandler: func(_ http.ResponseWriter, _ *http.Request, err error) {
			if !errors.As(err, &got) {
				t.Errorf("no *Error: %v", err)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ran := false
	view := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { ran = true })
	site := p.Handler(view)
	if in.Exempt || in.DontEnforce {
		site = view // a handler is exempt by standing outside
	}
	sessions := noerror.In(session.New(memstore.New(), &session.Options{Logger: discard}))
	r := in.request()
	if in.SessionItem != nil {
		s, err := sessions.ByKey(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		s.Set(csrf.ItemName, *in.SessionItem)
		if err := s.Save(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.AddCookie(&http.Cookie{Name: "sessionid", Value: s.Key()})
	}
	sessions.Handler(site).ServeHTTP(httptest.NewRecorder(), r)
	if ran != (got == nil) {
		t.Fatalf("the view ran: %t; refused: %v", ran, got)
	}
	return got
}

// trustedOrigins turns the hosts of 3.2 into origins.
func (in *decision) trustedOrigins() []string {
	var list []string
	for _, entry := range in.Settings.TrustedOrigins {
		if !strings.Contains(entry, "://") {
			if strings.HasPrefix(entry, ".") {
				entry = "*" + entry
			}
			entry = "https://" + entry
		}
		list = append(list, entry)
	}
	return list
}

func (in *decision) request() *http.Request {
	form := url.Values{}
	if in.Field != nil {
		form.Set("csrfmiddlewaretoken", *in.Field)
	}
	r := httptest.NewRequest(in.Method, "/", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Host = in.Host
	if in.Secure {
		r.TLS = &tls.ConnectionState{}
	}
	if in.Cookie != nil {
		r.Header.Set("Cookie", "csrftoken="+*in.Cookie)
	}
	for name, value := range map[string]*string{
		"X-CSRFToken": in.Header, "Origin": in.Origin, "Referer": in.Referer,
	} {
		if value != nil {
			r.Header.Set(name, *value)
		}
	}
	return r
}

func TestVectorsCookieWritten(t *testing.T) {
	vectors.Run(t, "csrf_cookie_written", func(t *testing.T, c vectors.Case) {
		var in struct {
			Cookie string `json:"incoming_cookie"`
			Now    float64
		}
		var want struct {
			Length     int  `json:"cookie_value_length"`
			Incoming   bool `json:"cookie_value_equals_incoming"`
			Unmasked   bool `json:"cookie_is_unmasked_incoming"`
			Attributes string
			Vary       string
		}
		c.Decode(t, &in, &want)
		incoming, flaw := csrf.ParseToken(in.Cookie)
		if c.Version == "3.2" {
			// Up to 4.0 the cookie holds a masked token. Those versions read a
			// bare secret as well, so that one form serves all.
			want.Length, want.Unmasked = csrf.SecretLength, flaw == ""
			want.Incoming = in.Cookie == incoming && flaw == ""
		}
		line, vary := cookieAt(t, time.Unix(int64(in.Now), 0), in.Cookie)
		value, attributes, _ := strings.Cut(strings.TrimPrefix(line, "csrftoken="), "; ")
		if len(value) != want.Length || (value == in.Cookie) != want.Incoming ||
			(value == incoming) != want.Unmasked || attributes != want.Attributes || vary != want.Vary {
			t.Errorf("got %s, Vary %q\nwant %+v", line, vary, want)
		}
	})
}

// cookieAt returns what a view that asks for a token sends at a given time.
func cookieAt(t *testing.T, now time.Time, value string) (line, vary string) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(now))
		p, err := csrf.New(&csrf.Options{Cookie: cookie.Options{Secure: cookie.SecureNeverUnsafe, Scriptable: true}})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", "csrftoken="+value)
		p.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			csrf.Token(r)
		})).ServeHTTP(w, r)
		line, vary = w.Header().Get("Set-Cookie"), w.Header().Get("Vary")
	})
	return line, vary
}
