package settings

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

func (s *Settings) sessionOptions(codec session.Codec) *session.Options {
	return &session.Options{
		Codec:                codec,
		Cookie:               s.SessionCookie,
		CookieAge:            s.SessionCookieAge,
		ExpireAtBrowserClose: s.SessionExpireAtBrowserClose,
		SaveEveryRequest:     s.SessionSaveEveryRequest,
		RefreshInterval:      s.SessionRefreshInterval,
		IdleTimeout:          s.SessionIdleTimeout,
		AbsoluteTimeout:      s.SessionAbsoluteTimeout,
		Timeout:              s.StoreTimeout,
	}
}

func (s *Settings) csrfOptions() *csrf.Options {
	o := &csrf.Options{
		TrustedOrigins: s.CSRFTrustedOrigins,
		CrossOrigin:    http.NewCrossOriginProtection(),
		UseSessions:    s.CSRFUseSessions,
		Cookie:         s.CSRFCookie,
		CookieAge:      s.CSRFCookieAge,
		HeaderName:     s.CSRFHeaderName,
		Secure:         s.secure,
	}
	if o.CookieAge == 0 {
		o.CookieAge = -1 // ends with the browser
	}
	return o
}

func (s *Settings) authOptions(hashers *password.Hashers, limiter auth.Limiter) (*auth.Options, error) {
	validators, err := s.validators()
	return &auth.Options{
		Hashers:          hashers,
		Validators:       validators,
		StayLoggedInAge:  s.LoginStayLoggedInAge,
		FloorAge:         s.SessionCookieAge,
		LoginURL:         s.LoginURL,
		LoginRedirectURL: s.LoginRedirectURL,
		Limiter:          limiter,
		Timeout:          s.StoreTimeout,
		Secure:           s.secure,
	}, err
}

// storeTimeout is how long a server may take. Settings that Load did not make
// may leave it out.
func (s *Settings) storeTimeout() time.Duration {
	return cmp.Or(s.StoreTimeout, timelimit.Default)
}

// secure reports whether the visitor came over HTTPS. If the proxy's header
// is there, its first element decides, as in Django.
func (s *Settings) secure(r *http.Request) bool {
	if name := s.SecureProxySSLHeader.Name; name != "" {
		if values := r.Header.Values(name); len(values) > 0 {
			first, _, _ := strings.Cut(values[0], ",")
			return strings.TrimSpace(first) == s.SecureProxySSLHeader.Value
		}
	}
	return r.TLS != nil
}
