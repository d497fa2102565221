package settings

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/auth/throttle/sqlthrottle"
	"github.com/jamsession/jamsession/auth/token"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/siteparts"
	"github.com/jamsession/jamsession/mail"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// A Site is an open database, and perhaps a cache, with everything that works
// on it. [Open] makes one; it is safe for concurrent use.
//
// If the database has no tables yet, the fields from Store on are nil until
// [Site.Migrate] has made them.
type Site struct {
	Settings *Settings
	DB       *sql.DB           // the database; of SQLite one connection, which may write
	Readers  *sql.DB           // connections that only read; the same as DB, except with SQLite
	Database django.Database   // both, for packages that work on Django's tables
	Hashers  *password.Hashers // make and check password hashes
	Store    session.Store     // what SESSION_ENGINE names
	Users    *sqlusers.Users   // the table auth_user
	Sessions *session.Manager
	Auth     *auth.Manager
	CSRF     *csrf.Protection
	Messages *messages.Manager
	Tokens   *token.Generator // of password reset links
	Mail     mail.Sender      // sends mails, or writes them to the terminal

	// Limiter bounds guesses at logins, and SignUpLimiter sign-ups, both by
	// Auth. ResetLimiter is for Options of package reset. All are nil if
	// LOGIN_LIMIT_STORE is none, and otherwise one of throttle.New.
	Limiter, ResetLimiter, SignUpLimiter auth.Limiter

	keys   secret.Keys
	db     *siteparts.Database
	engine engine
	limits limits
}

// Open opens the database of the settings, making its file if there is none,
// and the parts of the site on it, and connects to the cache if the engine
// needs one. It needs a SECRET_KEY. The error is one line that says what to
// do. A server that goes away later, or is silent for longer than
// STORE_TIMEOUT, gives errors, which visitors see as 503, and is found again
// when it comes back.
func Open(ctx context.Context, s *Settings) (*Site, error) {
	keys, err := s.Keys()
	if err != nil {
		return nil, err
	}
	if problems := s.refuseWeakKeys(); problems != nil {
		return nil, problems[0]
	}
	zone, err := s.timeZone()
	if err != nil {
		return nil, err
	}
	hashers, err := s.hashers()
	if err != nil {
		return nil, err
	}
	db, err := s.openDatabase(ctx)
	if err != nil {
		return nil, err
	}
	site := &Site{
		Settings: s,
		keys:     keys,
		db:       db,
		DB:       db.Writer,
		Readers:  db.Readers,
		Hashers:  hashers,
		Database: django.Database{
			DB: db.Writer, Readers: db.Readers, Dialect: db.Dialect, TimeZone: zone,
		},
	}
	if err := site.wire(ctx); err != nil && !errors.Is(err, errNotMigrated) {
		return nil, errors.Join(err, site.Close())
	}
	return site, nil
}

// errNotMigrated: the database has no tables for sessions or users yet.
var errNotMigrated = errors.New("settings: the database has no tables yet; migrate first")

// wire makes the parts that work on the tables. If these are not all there
// it makes nothing and returns errNotMigrated.
func (s *Site) wire(ctx context.Context) error {
	forms, err := csrf.New(s.Settings.csrfOptions())
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	notices, err := messages.New(s.keys, s.Settings.messageOptions())
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	mailer, err := s.Settings.mailer()
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	newcomers, err := s.newcomers()
	if err != nil {
		return err
	}
	users, err := sqlusers.New(ctx, s.Database, &sqlusers.Options{Timeout: s.Settings.storeTimeout()})
	if err != nil {
		return wireError(err)
	}
	limits, err := s.openLimits(ctx)
	if err != nil {
		return errors.Join(err, users.Close())
	}
	o, err := s.Settings.authOptions(s.Hashers, limits.logins)
	if err != nil {
		return errors.Join(err, limits.close(), users.Close())
	}
	o.SignUpLimiter = limits.signUps
	logins, err := auth.New(users, s.keys, o)
	if err != nil {
		return errors.Join(fmt.Errorf("settings: %w", err), limits.close(), users.Close())
	}
	tokens, err := s.Settings.tokens(s.Database.TimeZone)
	if err != nil {
		return errors.Join(err, limits.close(), users.Close())
	}
	e, err := s.openEngine(ctx)
	if err != nil {
		return errors.Join(err, limits.close(), users.Close())
	}
	forSessions := s.Settings.sessionOptions(e.codec)
	forSessions.MayCreate = newcomers
	sessions, err := session.New(e.store, forSessions)
	if err != nil {
		return errors.Join(fmt.Errorf("settings: %w", err), e.close(), limits.close(), users.Close())
	}
	s.limits = limits
	s.Limiter, s.ResetLimiter, s.SignUpLimiter = limits.logins, limits.resets, limits.signUps
	s.engine, s.Store = e, e.store
	s.Users, s.Auth, s.CSRF = users, logins, forms
	s.Messages, s.Tokens, s.Mail = notices, tokens, mailer
	s.Sessions = sessions
	return nil
}

func wireError(err error) error {
	if errors.Is(err, sqlstore.ErrNotMigrated) || errors.Is(err, sqlusers.ErrNotMigrated) {
		return errNotMigrated
	}
	return fmt.Errorf("settings: %w", err)
}

// Handler puts the site around its pages: the headers that SECURE_ settings and
// X_FRAME_OPTIONS name, ALLOWED_HOSTS, the way to HTTPS, sessions, protection
// against cross-site requests, users, and messages, in this order. It panics if
// the database has no tables yet.
func (s *Site) Handler(next http.Handler) http.Handler {
	if s.Sessions == nil {
		panic(errNotMigrated.Error() + " with Site.Migrate")
	}
	site := s.Sessions.Handler(s.CSRF.Handler(s.Auth.Handler(s.Messages.Handler(next))))
	return s.Settings.secureHeaders(s.Settings.checkHost(s.Settings.redirectToHTTPS(site)))
}

// MigrationPlan returns the migrations that [Site.Migrate] would apply, by
// the names under which Django records them, and the names of the tables and the
// index that are not Django's; none if there is nothing to do.
func (s *Site) MigrationPlan(ctx context.Context) ([]string, error) {
	users, err := sqlusers.Plan(ctx, s.Database)
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	sessions, err := sqlstore.Plan(ctx, s.Database)
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	plan := append(users, sessions...)
	if s.countsInTable() {
		own, err := sqlthrottle.Plan(ctx, s.Database)
		if err != nil {
			return nil, fmt.Errorf("settings: %w", err)
		}
		plan = append(plan, own...)
	}
	return plan, nil
}

// Migrate makes the tables that are missing, as Django's manage.py migrate
// would, an index on the addresses of users, and two tables of our own:
// jamsession_throttle, where attempts to log in are counted, and
// jamsession_login_floor, by which sessions are ended. If the database refuses
// to make the index, that is logged, and is not an error. Migrate may be called
// at each start, also by programs that start together; but the first call must
// not run while the site serves requests.
func (s *Site) Migrate(ctx context.Context) error {
	if _, err := sqlusers.Migrate(ctx, s.Database, nil); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	if _, err := sqlstore.Migrate(ctx, s.Database); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	if s.countsInTable() {
		if _, err := sqlthrottle.Migrate(ctx, s.Database); err != nil {
			return fmt.Errorf("settings: %w", err)
		}
	}
	if s.Sessions == nil {
		return s.wire(ctx)
	}
	if s.limits.late != nil {
		if err := s.limits.late.look(ctx); err != nil {
			return fmt.Errorf("settings: %w", err)
		}
	}
	return nil
}

func (s *Site) countsInTable() bool {
	return s.Settings.LoginLimitStore == "auto" || s.Settings.LoginLimitStore == "db"
}

// Close closes the database. Let the requests finish first. A silent
// database is cut off after STORE_TIMEOUT.
func (s *Site) Close() error {
	return s.db.CloseWithin(s.Settings.storeTimeout(), func() error {
		if s.Store == nil {
			return nil
		}
		return errors.Join(s.engine.close(), s.limits.close(), s.Users.Close())
	})
}
