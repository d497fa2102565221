package settings

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/auth/throttle/sqlthrottle"
	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/siteparts"
)

// limit takes a number of attempts, and the seconds until one comes back, such
// as "10/300".
func limit(field func(*Settings) *throttle.Limit) func(*Settings, value) error {
	return into(field, parseLimit)
}

// optionalLimit takes "none", too.
func optionalLimit(field func(*Settings) *throttle.Limit) func(*Settings, value) error {
	return into(field, func(v value) (throttle.Limit, error) {
		if text, err := v.text(); err == nil && text == "none" {
			return throttle.Limit{}, nil
		}
		return parseLimit(v)
	})
}

func parseLimit(v value) (throttle.Limit, error) {
	text, err := v.text()
	if err != nil {
		return throttle.Limit{}, err
	}
	burst, every, _ := strings.Cut(text, "/")
	n, err := strconv.Atoi(burst)
	seconds, err2 := strconv.Atoi(every)
	if err != nil || err2 != nil || n < 1 || n > 1_000_000 || seconds < 1 || seconds > 366*24*3600/n {
		return throttle.Limit{}, errors.New(`want attempts/seconds, such as "10/300": ` +
			"ten, and one more each 300 seconds; together a year at most")
	}
	return throttle.Limit{Burst: n, Every: time.Duration(seconds) * time.Second}, nil
}

func setTrustedProxies(s *Settings, v value) error {
	items, err := v.list()
	if err != nil {
		return err
	}
	s.TrustedProxies = nil
	for _, item := range items {
		network, err := netip.ParsePrefix(item)
		if addr, addrErr := netip.ParseAddr(item); addrErr == nil && addr.Zone() == "" {
			network, err = addr.Prefix(addr.BitLen())
		}
		if err != nil || network.Bits() == 0 || network.Addr().Is4In6() {
			return errors.New(`want addresses or networks of your own proxies, such as "10.0.0.0/8" or "::1"`)
		}
		s.TrustedProxies = append(s.TrustedProxies, network)
	}
	return nil
}

// limits bound guesses on a site.
type limits struct {
	logins, resets, signUps auth.Limiter // nil: LOGIN_LIMIT_STORE is none
	store                   io.Closer    // nil: nothing to close
	late                    *lateTable   // the store, if it is one
}

func (l *limits) close() error {
	if l.store == nil {
		return nil
	}
	return l.store.Close()
}

// openLimits opens what LOGIN_LIMIT_STORE names.
func (s *Site) openLimits(ctx context.Context) (limits, error) {
	set := s.Settings
	if set.LoginLimitStore == "none" {
		return limits{}, nil
	}
	store, closer, err := s.openAttempts(ctx)
	if err != nil {
		return limits{}, err
	}
	l := limits{store: closer}
	l.late, _ = store.(*lateTable)
	o := throttle.Options{
		PerAccount:     set.LoginLimitAccount,
		PerSource:      set.LoginLimitSource,
		TrustedProxies: set.TrustedProxies,
		Cookie:         cookie.Options{Secure: set.SessionCookie.Secure},
		Timeout:        set.StoreTimeout,
	}
	l.logins, err = throttle.New(store, s.keys, &o)
	if err == nil {
		o.Purpose, o.PerAccount = "password reset", set.PasswordResetLimit
		o.DevicesOf = "login" // on devices where users log in, no stranger keeps them from their mail
		l.resets, err = throttle.New(store, s.keys, &o)
	}
	if err == nil {
		o.DevicesOf = ""
		o.Purpose, o.PerAccount, o.PerSource = "sign-up", set.SignUpLimit, set.SignUpLimit
		l.signUps, err = throttle.New(store, s.keys, &o)
	}
	if err != nil {
		return limits{}, errors.Join(fmt.Errorf("settings: %w", err), l.close())
	}
	return l, nil
}

// newcomers returns the function that bounds how many new sessions a source
// gets, or nil for no bound. Each process counts for itself: a question to the
// database would cost as much as the session. Signed cookies take no room on
// the server.
func (s *Site) newcomers() (func(*http.Request) bool, error) {
	set := s.Settings
	if set.NewSessionLimit == (throttle.Limit{}) || set.SessionEngine == "signed_cookies" {
		return nil, nil
	}
	newcomers, err := throttle.AllowSource(throttle.NewMemory(0), s.keys, &throttle.Options{
		Purpose: "new session", PerSource: set.NewSessionLimit, TrustedProxies: set.TrustedProxies,
	})
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	return newcomers, nil
}

// openAttempts opens the store that counts attempts. With "auto" the database
// may lack the table, as one that Django has migrated does.
func (s *Site) openAttempts(ctx context.Context) (throttle.Store, io.Closer, error) {
	switch s.Settings.LoginLimitStore {
	case "memory":
		return throttle.NewMemory(0), nil, nil
	case "cache":
		return s.Settings.openRedisAttempts(ctx)
	case "auto":
		late := &lateTable{open: s.openAttemptsTable, memory: throttle.NewMemory(0)}
		if err := late.look(ctx); err != nil {
			return nil, nil, fmt.Errorf("settings: %w", err)
		}
		late.looked.Store(time.Now().UnixMicro())
		return late, late, nil
	}
	store, err := s.openAttemptsTable(ctx)
	if errors.Is(err, sqlthrottle.ErrNotMigrated) {
		return nil, nil, errNotMigrated
	}
	if err != nil {
		return nil, nil, fmt.Errorf("settings: %w", err)
	}
	return store, store, nil
}

func (s *Site) openAttemptsTable(ctx context.Context) (*sqlthrottle.Store, error) {
	return sqlthrottle.New(ctx, s.Database, &sqlthrottle.Options{Timeout: s.Settings.storeTimeout()})
}

func (s *Settings) openRedisAttempts(ctx context.Context) (throttle.Store, io.Closer, error) {
	c, err := s.sessionCache()
	if err != nil {
		return nil, nil, err
	}
	if c.kind() != "redis" {
		return nil, nil, errors.New("settings: LOGIN_LIMIT_STORE cache needs a cache on Redis; use db")
	}
	driver, err := siteparts.CacheOf(c.kind())
	if err != nil {
		return nil, nil, cacheError(err)
	}
	store, closer, err := driver.Attempts(ctx, c.URL, c.KeyPrefix+":jamsession:throttle:")
	return store, closer, cacheError(err)
}
