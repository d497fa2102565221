package site

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// Options configure a [Site] beyond its settings. The zero value is a site like Django's:
// users in the table of AUTH_USER_MODEL, and the packages' own answers and logs.
type Options struct {
	// Users are the program's own users, in place of those of AUTH_USER_MODEL.
	Users auth.UserStore

	// NoUsers: the site has sessions, forms and messages, and nobody logs in.
	NoUsers bool

	// Hashers make and check password hashes, in place of those that
	// PASSWORD_HASHERS names.
	Hashers *password.Hashers

	// Logger gets the warnings and errors of all parts. Nil is slog.Default().
	Logger *slog.Logger

	// AuditLogger gets a line for each security event, such as a login or a failed one: see
	// auth.AuditLog. It is asked while requests wait. Nil writes none.
	AuditLogger *slog.Logger

	// OnEvent hears of the same events, also by several requests in parallel, and must not
	// block. Those of Devices come with the context of no request. Nil calls nothing.
	OnEvent func(ctx context.Context, e auth.Event)

	// Probe is told of the work of all parts, as Site.Metrics is: package otel has one for
	// traces. Nil is told nothing. Hashers of the program's own have a Probe of their own.
	Probe session.Probe

	// These functions change the options of a part before it is made. They get the options
	// that follow from the settings, and so can add to them: Backends holds the backend of
	// the site's users, to which others can be appended. If they set a Transport of
	// sessions, or UseSessions of CSRF, the cookie of the settings is ignored. Nil changes
	// nothing.
	Sessions func(*session.Options)
	CSRF     func(*csrf.Options)
	Messages func(*messages.Options)
	Auth     func(*auth.Options)

	// UserTable does the same for the table of users, if the site has no Users of its
	// own: names in any case, a login by an address, or further columns.
	UserTable func(*sqlusers.Options)

	// SessionTable does the same for the table of the engines db and cached_db, if it is that
	// of a session model of the site's own: columns that are filled by a function.
	SessionTable func(*sqlstore.Options)

	// Devices does the same for the devices of users, if there are any.
	Devices func(*devices.Options)

	// Limits does the same for each limiter. Its Purpose says which one it is:
	// "login", "password reset", "sign-up", or "new session", of which only
	// PerSource, TrustedProxies, ForwardedHeader and FailOpen count, or "devices", which
	// only says where a request is from. Keep the Purpose. It is not called for limiters
	// that the settings turn off.
	Limits func(*throttle.Options)

	// CacheKey is Django's KEY_FUNCTION of the sessions' cache, if CACHES has no name
	// for it: it makes the cache's key of a key and of KEY_PREFIX and VERSION. Each character
	// of a key must count: one that is cut off could give visitors each other's sessions.
	CacheKey func(key, keyPrefix string, version int) string
}

// userOptions describe the table of users.
func (s *Site) userOptions() *sqlusers.Options {
	o := &sqlusers.Options{
		Timeout: s.conf.StoreTimeout, Logger: s.opts.Logger,
		IgnoreCase: s.conf.AuthUserCase == "ignore",
		Model: sqlusers.Model{
			Name: s.conf.AuthUserModel, Table: s.conf.AuthUserTable, Columns: s.conf.AuthUserColumns,
			KeyType: s.conf.AuthUserKeyType, LowerNames: s.conf.AuthUserCase == "lower",
			Groups: s.conf.AuthUserGroups, Permissions: s.conf.AuthUserPermissions,
		},
	}
	if s.opts.UserTable != nil {
		s.opts.UserTable(o)
	}
	return o
}

func (s *Site) sessionOptions(codec session.Codec) (*session.Options, error) {
	newcomers, err := s.newcomers()
	if err != nil {
		return nil, err
	}
	o := &session.Options{
		Codec:                codec,
		Cookie:               s.conf.SessionCookie,
		CookieAge:            s.conf.SessionCookieAge,
		ExpireAtBrowserClose: s.conf.SessionExpireAtBrowserClose,
		SaveEveryRequest:     s.conf.SessionSaveEveryRequest,
		RefreshInterval:      s.conf.SessionRefreshInterval,
		IdleTimeout:          s.conf.SessionIdleTimeout,
		AbsoluteTimeout:      s.conf.SessionAbsoluteTimeout,
		Timeout:              s.conf.StoreTimeout,
		MayCreate:            newcomers,
		Logger:               s.opts.Logger,
	}
	if s.opts.Sessions != nil {
		s.opts.Sessions(o)
	}
	o.Probe = join(s.probe, o.Probe)
	if o.Transport != nil && o.Cookie == s.conf.SessionCookie {
		o.Cookie = cookie.Options{} // what settings say of a cookie that does not count
	}
	return o, nil
}

func (s *Site) csrfOptions() *csrf.Options {
	o := &csrf.Options{
		TrustedOrigins: s.conf.CSRFTrustedOrigins,
		CrossOrigin:    http.NewCrossOriginProtection(),
		UseSessions:    s.conf.CSRFUseSessions,
		Cookie:         s.conf.CSRFCookie,
		CookieAge:      s.conf.CSRFCookieAge,
		HeaderName:     s.conf.CSRFHeaderName,
		IsSecure:       secure(s.conf),
		Logger:         s.opts.Logger,
	}
	if o.CookieAge == 0 {
		o.CookieAge = -1 // ends with the browser
	}
	said := *o
	if s.opts.CSRF != nil {
		s.opts.CSRF(o)
	}
	if o.UseSessions && o.Cookie == said.Cookie && o.CookieAge == said.CookieAge {
		o.Cookie, o.CookieAge = cookie.Options{}, 0 // what settings say of a cookie that is not there
	}
	return o
}

// messageOptions gives the cookie of messages the attributes of the session
// cookie, except for its name and path, as Django does.
func (s *Site) messageOptions() *messages.Options {
	c := s.conf.SessionCookie
	c.Name, c.Path = s.conf.MessageCookie, ""
	o := &messages.Options{
		Storage: s.conf.MessageStorage, MinLevel: s.conf.MessageLevel, Cookie: c, Logger: s.opts.Logger,
	}
	if s.opts.Messages != nil {
		s.opts.Messages(o)
	}
	return o
}

func (s *Site) authOptions() (*auth.Options, error) {
	validators, err := s.conf.Validators()
	if err != nil {
		return nil, err
	}
	o := &auth.Options{
		Backends:         []auth.Backend{}, // not nil: nobody
		Hashers:          s.Hashers,
		Validators:       validators,
		StayLoggedInAge:  s.conf.LoginStayLoggedInAge,
		FloorAge:         s.conf.SessionCookieAge,
		LoginURL:         s.conf.LoginURL,
		LoginRedirectURL: s.conf.LoginRedirectURL,
		Limiter:          s.limits.logins,
		SignUpLimiter:    s.limits.signUps,
		Timeout:          s.conf.StoreTimeout,
		IsSecure:         secure(s.conf),
		Logger:           s.opts.Logger,
	}
	if s.devices != nil {
		o.Devices = s.devices
	}
	if users := s.UserStore(); users != nil {
		o.ModelBackendNames = s.conf.AuthenticationBackends
		model, err := auth.NewModelBackend(users, s.Hashers)
		if err != nil {
			return nil, fmt.Errorf("site: %w", err)
		}
		o.Backends = append(o.Backends, model)
	}
	if s.opts.Auth != nil {
		s.opts.Auth(o)
	}
	s.watchAuth(o)
	return o, nil
}

// secure returns the function that reports whether the visitor came over HTTPS.
// If the proxy's header is there, its first element decides, as in Django.
func secure(c *conf.Settings) func(*http.Request) bool {
	name := c.SecureProxySSLHeader.Name
	return func(r *http.Request) bool {
		if name != "" {
			if values := r.Header.Values(name); len(values) > 0 {
				first, _, _ := strings.Cut(values[0], ",")
				return strings.TrimSpace(first) == c.SecureProxySSLHeader.Value
			}
		}
		return r.TLS != nil
	}
}
