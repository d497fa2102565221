package site

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/auth/throttle/sqlthrottle"
	"github.com/jamsession/jamsession/internal/siteparts"
)

// limits bound guesses on a site.
type limits struct {
	logins, signUps auth.Limiter // nil: LOGIN_LIMIT_STORE is none
	store           throttle.Store
	all             []throttle.Limiter
}

// Limiters returns the limiters of logins, of the requests and mails of password resets, and
// of sign-ups, to look at limits and to lift them; none if LOGIN_LIMIT_STORE is none or the
// site has no users. Where each process counts for itself, these are the limits of this one.
func (s *Site) Limiters() []throttle.Limiter { return slices.Clone(s.limits.all) }

// openLimits opens what LOGIN_LIMIT_STORE names.
func (s *Site) openLimits(ctx context.Context) error {
	s.ResetLimiter = unlimited{}
	if s.conf.LoginLimitStore == "none" || s.opts.NoUsers {
		return nil
	}
	store, err := s.openAttempts(ctx)
	if err != nil {
		return err
	}
	s.limits.store = store
	for _, l := range []struct {
		is *auth.Limiter
		o  throttle.Options
	}{
		{&s.limits.logins, throttle.Options{
			Purpose: "login", PerAccount: s.conf.LoginLimitAccount, PerSource: s.conf.LoginLimitSource,
		}},
		{&s.ResetLimiter, throttle.Options{
			Purpose:    "password reset",
			PerAccount: s.conf.PasswordResetLimit, PerSource: s.conf.LoginLimitSource,
			DevicesOf: "login", // on devices where users log in, no stranger keeps them from their mail
		}},
		{&s.limits.signUps, throttle.Options{
			Purpose: "sign-up", PerAccount: s.conf.SignUpLimit, PerSource: s.conf.SignUpLimit,
		}},
	} {
		limiter, err := throttle.New(store, s.keys, s.limiterOptions(l.o))
		if err != nil {
			return fmt.Errorf("site: %w", err)
		}
		*l.is = limiter
		s.limits.all = append(s.limits.all, limiter)
	}
	return nil
}

// limiterOptions returns o with what all limiters of a site have in common, as
// Options.Limits has changed it.
func (s *Site) limiterOptions(o throttle.Options) *throttle.Options {
	o.TrustedProxies = s.conf.TrustedProxies
	o.ForwardedHeader = s.conf.TrustedProxyHeader
	o.Cookie, o.Site = s.conf.Device(), s.conf.DeviceSite()
	o.Timeout = s.conf.StoreTimeout
	o.Logger = s.opts.Logger
	if s.opts.Limits != nil {
		s.opts.Limits(&o)
	}
	return &o
}

// unlimited is the limiter of a site without limits.
type unlimited struct{}

func (unlimited) Check(*http.Request, auth.Attempt) error            { return nil }
func (unlimited) Succeeded(*http.Request, auth.Attempt)              {}
func (unlimited) MakeKnown(http.Header, *http.Request, auth.Attempt) {}

// memoryBuckets is how many buckets a limiter has in memory. They take about 20 MB.
const memoryBuckets = 100_000

// newcomers returns the function that bounds how many new sessions a source
// gets, or nil for no bound. Each process counts for itself: a question to the
// database would cost as much as the session. Signed cookies take no room on
// the server.
func (s *Site) newcomers() (func(*http.Request) bool, error) {
	c := s.conf
	if c.NewSessionLimit == (throttle.Limit{}) || c.SessionEngine == "signed_cookies" {
		return nil, nil
	}
	memory, err := throttle.NewMemory(memoryBuckets)
	if err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	newcomers, err := throttle.AllowSource(memory, s.keys, s.limiterOptions(throttle.Options{
		Purpose: "new session", PerSource: c.NewSessionLimit,
	}))
	if err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	return newcomers, nil
}

// openAttempts opens the store that counts attempts. With "auto" the database
// may lack the table, as one that Django has migrated does, or not be there.
func (s *Site) openAttempts(ctx context.Context) (throttle.Store, error) {
	switch {
	case s.conf.LoginLimitStore == "memory", s.conf.LoginLimitStore == "auto" && s.db == nil:
		return throttle.NewMemory(memoryBuckets)
	case s.conf.LoginLimitStore == "cache":
		return s.openRedisAttempts(ctx)
	case s.conf.LoginLimitStore == "auto":
		memory, err := throttle.NewMemory(memoryBuckets)
		if err != nil {
			return nil, fmt.Errorf("site: %w", err)
		}
		late := &lateTable{open: s.openAttemptsTable, memory: memory}
		s.keep(late)
		if err := late.look(ctx); err != nil {
			return nil, fmt.Errorf("site: %w", err)
		}
		late.looked.Store(time.Now().UnixMicro())
		return late, nil
	}
	store, err := s.openAttemptsTable(ctx)
	if err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	s.keep(store)
	return store, nil
}

func (s *Site) openAttemptsTable(ctx context.Context) (throttle.Store, error) {
	return sqlthrottle.New(ctx, s.Database, &sqlthrottle.Options{Timeout: s.conf.StoreTimeout})
}

func (s *Site) openRedisAttempts(ctx context.Context) (throttle.Store, error) {
	c, err := s.conf.SessionCache()
	if err != nil {
		return nil, err
	}
	if c.Kind() != "redis" {
		return nil, errors.New("settings: LOGIN_LIMIT_STORE cache needs a cache on Redis; use db")
	}
	driver, err := siteparts.CacheOf(c.Kind())
	if err != nil {
		return nil, cacheError(err)
	}
	store, err := driver.Attempts(ctx, c.URL, c.KeyPrefix+":jamsession:throttle:")
	if err != nil {
		return nil, cacheError(err)
	}
	s.keep(store)
	return store, nil
}
