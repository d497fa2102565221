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
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// A Site is an open database with everything that works on it. [Open] makes
// one; it is safe for concurrent use.
//
// If the database has no tables yet, the fields from Store on are nil until
// [Site.Migrate] has made them.
type Site struct {
	Settings *Settings
	DB       *sql.DB           // one connection, which may write
	Readers  *sql.DB           // connections that only read
	Hashers  *password.Hashers // make and check password hashes
	Store    *sqlstore.Store   // the table django_session
	Users    *sqlusers.Users   // the table auth_user
	Sessions *session.Manager
	Auth     *auth.Manager
	CSRF     *csrf.Protection

	forStore sqlstore.Options
	forUsers sqlusers.Options
}

// Open opens the database of the settings, whose file it makes if there is
// none, and the parts of the site on it. It needs a SECRET_KEY. The error is
// one line that says what to do.
func Open(ctx context.Context, s *Settings) (*Site, error) {
	if s.SecretKey == "" {
		return nil, errors.New("settings: SECRET_KEY is not set; make one with: openssl rand -base64 48")
	}
	path, err := sqlitePath(s.DatabaseURL)
	if err != nil {
		return nil, fmt.Errorf("settings: DATABASE_URL: %w", err)
	}
	location, err := s.location()
	if err != nil {
		return nil, err
	}
	db, err := openSQLite(ctx, path)
	if err != nil {
		return nil, err
	}
	site := &Site{
		Settings: s,
		DB:       db.writer,
		Readers:  db.readers,
		Hashers:  s.hashers(),
		forStore: sqlstore.Options{Readers: db.readers, Location: location},
		forUsers: sqlusers.Options{Readers: db.readers, Location: location},
	}
	if err := site.wire(ctx); err != nil && !errors.Is(err, errNotMigrated) {
		return nil, errors.Join(err, site.Close())
	}
	return site, nil
}

// errNotMigrated: the database has no tables for sessions or users yet.
var errNotMigrated = errors.New("settings: the database has no tables yet; migrate first")

// wire makes what works on the tables. If they are not all there it makes
// nothing and returns errNotMigrated.
func (s *Site) wire(ctx context.Context) error {
	forms, err := csrf.New(s.Settings.csrfOptions())
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	users, err := sqlusers.New(ctx, s.DB, &s.forUsers)
	if err != nil {
		return wireError(err)
	}
	logins, err := auth.New(users, s.Settings.SecretKey, s.Settings.authOptions(s.Hashers))
	if err != nil {
		return errors.Join(fmt.Errorf("settings: %w", err), users.Close())
	}
	store, err := sqlstore.New(ctx, s.DB, &s.forStore)
	if err != nil {
		return errors.Join(wireError(err), users.Close())
	}
	s.Store, s.Users, s.Auth, s.CSRF = store, users, logins, forms
	s.Sessions = session.New(store, s.Settings.sessionOptions())
	return nil
}

func wireError(err error) error {
	if errors.Is(err, sqlstore.ErrNotMigrated) || errors.Is(err, sqlusers.ErrNotMigrated) {
		return errNotMigrated
	}
	return fmt.Errorf("settings: %w", err)
}

// Handler puts the site around its pages: sessions, protection against
// cross-site requests, and users, in this order. It panics if the database
// has no tables yet.
func (s *Site) Handler(next http.Handler) http.Handler {
	if s.Sessions == nil {
		panic(errNotMigrated.Error() + " with Site.Migrate")
	}
	return s.Sessions.Handler(s.CSRF.Handler(s.Auth.Handler(next)))
}

// MigrationPlan returns the migrations that [Site.Migrate] would apply, by
// the names under which Django records them; none if there is nothing to do.
func (s *Site) MigrationPlan(ctx context.Context) ([]string, error) {
	users, err := sqlusers.Plan(ctx, s.DB, &s.forUsers)
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	sessions, err := sqlstore.Plan(ctx, s.DB, &s.forStore)
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	return append(users, sessions...), nil
}

// Migrate makes the tables that are missing, as Django's manage.py migrate
// would. It may be called at each start, also by programs that start
// together; but not while the site serves requests for the first time.
func (s *Site) Migrate(ctx context.Context) error {
	if _, err := sqlusers.Migrate(ctx, s.DB, &s.forUsers); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	if _, err := sqlstore.Migrate(ctx, s.DB, &s.forStore); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	if s.Sessions != nil {
		return nil
	}
	return s.wire(ctx)
}

// Close closes the database. Let the requests come to their end first.
func (s *Site) Close() error {
	var errs []error
	if s.Store != nil {
		errs = append(errs, s.Store.Close(), s.Users.Close())
	}
	return errors.Join(append(errs, s.Readers.Close(), s.DB.Close())...)
}
