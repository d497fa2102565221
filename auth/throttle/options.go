package throttle

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/httpcookie"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// Options configure the limiters of [New]. The zero value is safe for a site that
// visitors reach directly; behind a proxy set TrustedProxies. Each field says
// what its zero means.
type Options struct {
	// PerAccount limits the attempts on one name, of all strangers together,
	// and of each known device by itself. Zero is 10 attempts, then one every
	// 5 minutes.
	PerAccount Limit

	// PerSource limits the attempts of strangers from one address, on any
	// names, and separately those of all known devices: an IPv4 address, or
	// the first 64 bits of an IPv6 address. Zero is 50 attempts, then one
	// every 2 seconds.
	PerSource Limit

	// Purpose separates the counts of limiters that share a store and a key,
	// for example "password reset" from the login. Empty is "login".
	Purpose string

	// DevicesOf is the purpose whose known devices are known here, too: those
	// for which Succeeded or MakeKnown of a limiter with this DevicesOf was
	// called. A login does not make a device known for other purposes; set
	// "login" where a login proves enough, as for the reset of a password.
	// Empty is Purpose.
	DevicesOf string

	// TrustedProxies are the addresses of the site's own proxies, such as
	// netip.MustParsePrefix("10.0.0.0/8"). If the request comes from one of
	// them, its visitor is the last address in ForwardedHeader that is not one
	// of them. If any are given, a peer on a unix socket is trusted, too. Nil
	// is none: the visitor is the peer that opened the connection.
	TrustedProxies []netip.Prefix

	// ForwardedHeader is the header to which each trusted proxy appends the
	// address that it was called from, or which the outermost one sets. Empty
	// is "X-Forwarded-For". "Forwarded" is read as RFC 7239 says; any other has
	// addresses between commas.
	ForwardedHeader string

	// Timeout bounds how long each call waits for the store: a store that does
	// not respond in time is unavailable. Zero is five seconds.
	Timeout time.Duration

	// FailOpen lets every attempt pass while the store is unavailable: somebody
	// who can bring the store down can then guess without limit. False refuses
	// them, with an error that wraps [session.ErrUnavailable].
	FailOpen bool

	// Cookie is the cookie of known devices. The name of its zero value is
	// "__Host-jamsession_device", or with a Domain or Path
	// "__Secure-jamsession_device"; where it is not Secure the prefix is left out.
	Cookie cookie.Options

	// Site tells the sites of one host apart, on other ports or paths, which
	// otherwise overwrite each other's cookie: it stands for "jamsession" in the
	// name of the cookie, unless Cookie has a name. Empty is "jamsession".
	Site string

	// OnLimited is called for each attempt that was refused by a limit, for
	// metrics or alerts, with the time the visitor has to wait and the
	// exhausted bucket: "source" or "account", or for known devices "device" or
	// "device source". Do not show the bucket to visitors. Nil calls nothing.
	OnLimited func(r *http.Request, bucket string, wait time.Duration)

	// Logger gets a warning for each attempt that the store refused, with the
	// visitor's address and never the name, and an error when the store is
	// unavailable. Attempts of an exhausted source, until it may try again, are
	// refused without a warning, since these would fill the log. Nil is
	// slog.Default().
	Logger *slog.Logger
}

// The defaults; docs/throttling.md explains them.
var (
	defaultPerAccount = Limit{Burst: 10, Every: 5 * time.Minute}
	defaultPerSource  = Limit{Burst: 50, Every: 2 * time.Second}
)

// withDefaults returns a copy of o with every zero filled in.
func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	c.PerAccount = c.PerAccount.withDefault(defaultPerAccount)
	c.PerSource = c.PerSource.withDefault(defaultPerSource)
	if c.Purpose == "" {
		c.Purpose = "login"
	}
	if c.DevicesOf == "" {
		c.DevicesOf = c.Purpose
	}
	if c.Site == "" {
		c.Site = "jamsession"
	}
	if c.ForwardedHeader == "" {
		c.ForwardedHeader = "X-Forwarded-For"
	}
	if c.Timeout == 0 {
		c.Timeout = timelimit.Default
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// check names the field that is wrong, after withDefaults.
func (o *Options) check() error {
	if err := o.Cookie.Check(); err != nil {
		return fmt.Errorf("throttle: Options.Cookie: %w", err)
	}
	if err := (cookie.Options{Name: o.Site + deviceSuffix}).Check(); err != nil {
		return fmt.Errorf("throttle: Options.Site: it cannot begin the name of a cookie: %w", err)
	}
	if err := o.PerAccount.check(); err != nil {
		return fmt.Errorf("throttle: Options.PerAccount: %w", err)
	}
	if err := o.PerSource.check(); err != nil {
		return fmt.Errorf("throttle: Options.PerSource: %w", err)
	}
	if o.Timeout < 0 {
		return fmt.Errorf("throttle: Options.Timeout is %v; it cannot be negative", o.Timeout)
	}
	if !httpcookie.IsToken(o.ForwardedHeader) {
		return fmt.Errorf("throttle: Options.ForwardedHeader: %q cannot be the name of a header",
			o.ForwardedHeader)
	}
	for _, p := range o.TrustedProxies {
		if !p.IsValid() || p.Addr().Is4In6() {
			return fmt.Errorf("throttle: Options.TrustedProxies: %v is not a network of IPv4 or IPv6", p)
		}
		if p.Bits() == 0 {
			return fmt.Errorf("throttle: Options.TrustedProxies: %v trusts every visitor", p)
		}
	}
	return nil
}
