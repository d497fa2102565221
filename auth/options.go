package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/internal/punycode"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

// Options configure a [Manager]. The zero value is Django's configuration;
// each field says what its zero is.
type Options struct {
	// Backends are asked in order. Nil is one [ModelBackend] on the users
	// given to [New].
	Backends []Backend

	// ModelBackendNames are those of Django's AUTHENTICATION_BACKENDS that know the users of
	// the [ModelBackend]: a session that names one of them is a session of its user, and a
	// login here gives the session the first. Name no backend that looks at more than
	// is_active before it returns a user: nobody would look here. Empty is the ModelBackend
	// of Django.
	ModelBackendNames []string

	// Hashers check the passwords of the default backend. They also check the
	// old password in [Manager.ChangePassword], and hash the new one there and
	// in [Manager.SetPassword], whatever Backends are given: give a ModelBackend
	// among these the same. Nil is password.New(nil).
	Hashers *password.Hashers

	// Limiter limits how often passwords are guessed, at logins and wherever users must
	// enter their password again. Nil means no limit: put something else in front.
	Limiter Limiter

	// SignUpLimiter limits how many users one source can make with [Manager.SignUp]: use one
	// of throttle.New with a separate Purpose. Each user costs the work of a hash. Nil means
	// no limit.
	SignUpLimiter Limiter

	// Devices has a row for each login that is alive: devices.New returns one. A login whose
	// row is gone is ended, whatever becomes of its session. The users of all Backends share
	// it by their IDs, as the users of Django's backends do: a backend whose users are not
	// those of the others must give them IDs that no other has. Nil keeps no rows, and ignores
	// those that other processes keep.
	Devices DeviceKeeper

	// Validators check new passwords: AUTH_PASSWORD_VALIDATORS. Nil is
	// password.DefaultValidators(); an empty list lets every password pass.
	Validators []password.Validator

	// ProblemText returns the message for a problem with a new password, from its Code and
	// Params, for example in the visitor's language. Nil uses its Message.
	ProblemText func(p *password.Problem) string

	// Timeout limits each call of a backend, of the users and of the Limiter: if one does
	// not answer, it is unavailable. A [ModelBackend] hashes passwords outside of it; for
	// other backends it bounds Authenticate as a whole. Zero is five seconds.
	Timeout time.Duration

	// StayLoggedInAge is how long a session lives after [Manager.StayLoggedIn]. Zero
	// is 30 days.
	StayLoggedInAge time.Duration

	// FloorAge is how long, after all sessions of a user were ended, a login that does not
	// say when it was, such as Django's, is not accepted: as long as an older session may
	// live. Zero is 14 days, the default of SESSION_COOKIE_AGE.
	FloorAge time.Duration

	// LoginURL is LOGIN_URL: where the gates send anonymous visitors. Empty
	// is "/accounts/login/".
	LoginURL string

	// LoginRedirectURL is LOGIN_REDIRECT_URL: where [Manager.SafeNext] leads
	// if nothing else is asked for. Empty is "/accounts/profile/".
	LoginRedirectURL string

	// LoginRequired answers a request that a gate does not let through because its visitor
	// is anonymous or needs a newer login, in place of the rules that [Manager.RequireLogin]
	// documents. If it returns false, it has written nothing, and the rules apply. Nil
	// leaves all requests to the rules.
	LoginRequired func(w http.ResponseWriter, r *http.Request) (answered bool)

	// IsSecure reports whether the visitor came over HTTPS. Behind a proxy
	// that ends TLS, have it look at the header that this proxy sets. Nil is
	// r.TLS != nil.
	IsSecure func(r *http.Request) bool

	// OnLogin is called after a login, OnLogout before a logout, with the
	// anonymous user if nobody was logged in. Nil calls nothing. (Django:
	// user_logged_in, user_logged_out.)
	OnLogin, OnLogout func(r *http.Request, user User)

	// OnLoginFailed is called after a failed login, with what the visitor sent. Values whose
	// name says that they are secret are replaced by asterisks; but people also type their
	// password into the wrong field, so do not log the username. Nil calls nothing. (Django:
	// user_login_failed.)
	OnLoginFailed func(r *http.Request, credentials map[string]string)

	// OnEvent is called after each [Event], also by several requests in parallel, and must not
	// block; a panic is logged. [AuditLog] returns one that writes them into a log. Nil calls
	// nothing.
	OnEvent func(ctx context.Context, e Event)

	// Probe is told how long it took to judge a login, and to ask the Limiter. Give the same to
	// Hashers. Nil is told nothing.
	Probe session.Probe

	// Logger gets warnings and errors. Nil is slog.Default().
	Logger *slog.Logger
}

// withDefaults returns a copy of o with every zero filled in.
func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.LoginURL == "" {
		c.LoginURL = "/accounts/login/"
	}
	if c.LoginRedirectURL == "" {
		c.LoginRedirectURL = "/accounts/profile/"
	}
	if c.Hashers == nil {
		c.Hashers, _ = password.New(nil) // nothing is wrong with no options
	}
	if c.Validators == nil {
		c.Validators = password.DefaultValidators()
	}
	if c.Timeout == 0 {
		c.Timeout = timelimit.Default
	}
	if c.StayLoggedInAge == 0 {
		c.StayLoggedInAge = 30 * 24 * time.Hour
	}
	if c.FloorAge == 0 {
		c.FloorAge = 14 * 24 * time.Hour
	}
	if c.IsSecure == nil {
		c.IsSecure = func(r *http.Request) bool { return r.TLS != nil }
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// check reports what cannot work.
func (o *Options) check() error {
	if o.Timeout < 0 {
		return fmt.Errorf("auth: Options.Timeout is %v; it cannot be negative", o.Timeout)
	}
	if o.StayLoggedInAge < 0 {
		return fmt.Errorf("auth: Options.StayLoggedInAge is %v; it cannot be negative", o.StayLoggedInAge)
	}
	if o.FloorAge < 0 {
		return fmt.Errorf("auth: Options.FloorAge is %v; it cannot be negative", o.FloorAge)
	}
	if slices.Contains(o.ModelBackendNames, "") {
		return errors.New("auth: Options.ModelBackendNames: one is empty")
	}
	names := make(map[string]bool)
	for i, b := range o.Backends {
		if b == nil {
			return fmt.Errorf("auth: Options.Backends[%d] is nil", i)
		}
		for _, name := range o.namesOf(b) {
			if names[name] {
				return fmt.Errorf("auth: Options.Backends: two are named %q", name)
			}
			names[name] = true
		}
	}
	for i, v := range o.Validators {
		if v == nil {
			return fmt.Errorf("auth: Options.Validators[%d] is nil", i)
		}
	}
	return nil
}

func parseLoginURL(raw string) (*url.URL, error) {
	if hint := punycode.Hint(raw); hint != "" && !strings.HasPrefix(raw, "/") {
		return nil, fmt.Errorf("auth: Options.LoginURL %q: %s", raw, hint)
	}
	u, err := url.Parse(raw)
	isPath := err == nil && u.Scheme == "" && u.Host == "" && strings.HasPrefix(u.Path, "/")
	isURL := err == nil && u.Scheme != "" && u.Host != ""
	if !isPath && !isURL {
		return nil, fmt.Errorf("auth: Options.LoginURL %q is not a path or a full URL", raw)
	}
	return u, nil
}

// namesOf returns the names of a backend: sessions with any of them are its own.
func (o *Options) namesOf(b Backend) []string {
	if _, ok := b.(*modelBackend); ok && len(o.ModelBackendNames) > 0 {
		return o.ModelBackendNames
	}
	return []string{b.Name()}
}
