package site

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/auth/token"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/health"
	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/internal/siteparts"
	"github.com/jamsession/jamsession/mail"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/metrics"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
)

// A Site is everything that its settings describe, open. [Open] makes one; none
// of its fields that are pointers or interfaces is nil. It is safe for
// concurrent use.
type Site struct {
	Settings *settings.Settings
	Store    session.Store // what SESSION_ENGINE names
	Sessions *session.Manager
	CSRF     *csrf.Protection
	Messages *messages.Manager
	Mail     mail.Sender // sends mails, or writes them to the terminal

	// Auth knows the users. With Options.NoUsers, everybody is anonymous.
	Auth    *auth.Manager
	Hashers *password.Hashers // make and check password hashes
	Tokens  *token.Generator  // of password reset links

	// ResetLimiter is for Options of package reset.
	ResetLimiter auth.Limiter

	// Metrics count what happens on the site, and Health knows whether its parts answer. Both
	// are handlers to mount beside the site: see packages metrics and health.
	Metrics *metrics.Metrics
	Health  *health.Health

	// Database is what DATABASE_URL names, for the tables of the program and
	// for other packages that work on Django's. It is zero if nothing in the
	// site needs it.
	Database django.Database

	users   *sqlusers.Users // nil: the program's own, or none
	conf    *conf.Settings
	opts    Options
	keys    secret.Keys
	probe   session.Probe                     // the metrics, and the program's own
	audit   func(context.Context, auth.Event) // nil: nobody wants it
	db      *siteparts.Database               // nil: not needed
	limits  limits
	devices *lateDevices // nil: never
	parts   []io.Closer  // in the order in which they were opened
}

// Open opens what the settings describe. It needs a SECRET_KEY, and tables that
// [Migrate] or Django has made: the error wraps [django.ErrNotMigrated] if they are not
// there. Every error is one line that says what to do. The options may be nil.
//
// If a server goes down later, or does not answer for longer than STORE_TIMEOUT, visitors
// get 503 until it is back.
func Open(ctx context.Context, s *settings.Settings, o *Options) (*Site, error) {
	site, err := prepare(s, o)
	if err != nil {
		return nil, err
	}
	if err := site.open(ctx); err != nil {
		return nil, errors.Join(err, site.Close())
	}
	return site, nil
}

// prepare judges what can be judged before anything is opened.
func prepare(s *settings.Settings, o *Options) (*Site, error) {
	site, err := describe(s, o)
	if err != nil {
		return nil, err
	}
	if site.keys, err = s.Keys(); err != nil {
		return nil, err
	}
	if err := site.watch(); err != nil {
		return nil, err
	}
	if site.Hashers = site.opts.Hashers; site.Hashers == nil {
		site.Hashers, err = site.newHashers()
	}
	return site, err
}

func (s *Site) newHashers() (*password.Hashers, error) {
	o, err := s.conf.HasherOptions()
	if err != nil {
		return nil, err
	}
	o.Probe = s.probe
	return password.New(o)
}

// describe returns a site of which nothing is open.
func describe(s *settings.Settings, o *Options) (*Site, error) {
	if s == nil || conf.Of(s) == nil {
		return nil, errors.New("site: there are no settings; load them with settings.Load")
	}
	site := &Site{Settings: s, conf: conf.Of(s)}
	if o != nil {
		site.opts = *o
	}
	if site.opts.Users != nil && site.opts.NoUsers {
		return nil, errors.New("site: Options.Users and NoUsers exclude each other")
	}
	return site, nil
}

// open makes the parts.
func (s *Site) open(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		s.openForms, s.openMail, s.openDatabase, s.openUsers, s.openLimits, s.openSessions,
		s.openDevices, s.openAuth,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// keep has the site close a part at its end.
func (s *Site) keep(part io.Closer) { s.parts = append(s.parts, part) }

func (s *Site) openForms(context.Context) (err error) {
	forms := s.csrfOptions()
	forms.FailureHandler = s.unlessLoggedIn(forms.FailureHandler)
	if s.CSRF, err = csrf.New(forms); err != nil {
		return fmt.Errorf("site: %w", err)
	}
	if s.Messages, err = messages.New(s.keys, s.messageOptions()); err != nil {
		return fmt.Errorf("site: %w", err)
	}
	return nil
}

// unlessLoggedIn returns a FailureHandler that leaves the login forms of second tabs to
// Auth.
func (s *Site) unlessLoggedIn(
	fail func(http.ResponseWriter, *http.Request, error),
) func(http.ResponseWriter, *http.Request, error) {
	if fail == nil {
		fail = csrf.Fail
	}
	return func(w http.ResponseWriter, r *http.Request, err error) {
		if !s.Auth.LoggedInMeanwhile(w, r, err) {
			s.tellOfForm(r, err)
			fail(w, r, err)
		}
	}
}

func (s *Site) openAuth(context.Context) error {
	o, err := s.authOptions()
	if err != nil {
		return err
	}
	if s.Auth, err = auth.New(s.UserStore(), s.keys, o); err != nil {
		return fmt.Errorf("site: %w", err)
	}
	return nil
}

func (s *Site) openSessions(ctx context.Context) error {
	e, err := s.openEngine(ctx)
	if err != nil {
		return err
	}
	o, err := s.sessionOptions(e.codec)
	if err != nil {
		return err
	}
	if o.HashKeys && s.keepsDevices() && s.conf.Devices == "allauth" {
		return errors.New("site: DEVICES allauth needs the keys of sessions as Django has them: the options" +
			" of the sessions have HashKeys")
	}
	s.Store = e.store
	if s.Sessions, err = session.New(e.store, o); err != nil {
		return fmt.Errorf("site: %w", err)
	}
	return nil
}

// Users returns the users in the table of AUTH_USER_MODEL. It panics if the options
// name other users, or none.
func (s *Site) Users() *sqlusers.Users {
	if s.users == nil {
		panic("site: the users are not in Django's table, as Options say")
	}
	return s.users
}

// Handler puts the site around its pages: the headers that SECURE_ settings and
// X_FRAME_OPTIONS name, ALLOWED_HOSTS, the redirect to HTTPS, sessions, protection
// against cross-site requests, users, and messages, in this order. Put it around the
// whole router, so that it sees how each request ends; see docs/routers.md.
func (s *Site) Handler(next http.Handler) http.Handler {
	next = s.Auth.Handler(s.Messages.Handler(next))
	next = s.Sessions.Handler(s.CSRF.Handler(next))
	return secureHeaders(s.conf, forwardedHost(s.conf, s.checkHost(redirectToHTTPS(s.conf, next))))
}

// Close closes what is open. Let the requests finish first. A silent database
// is cut off after STORE_TIMEOUT.
func (s *Site) Close() error {
	if s.db == nil {
		return s.closeParts()
	}
	return s.db.CloseWithin(s.conf.StoreTimeout, s.closeParts)
}

func (s *Site) closeParts() error {
	var errs []error
	for i := range s.parts {
		errs = append(errs, s.parts[len(s.parts)-1-i].Close())
	}
	return errors.Join(errs...)
}
