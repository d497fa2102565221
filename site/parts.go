package site

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/auth/token"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/siteparts"
	"github.com/jamsession/jamsession/mail"
)

// openMail makes what is sent to users: mails, and the links in them.
func (s *Site) openMail(context.Context) error {
	server, err := s.conf.MailServer()
	if err != nil {
		return fmt.Errorf("site: %w", err)
	}
	if s.Mail = server; server == nil {
		s.Mail = mail.Terminal(os.Stdout)
	}
	zone, err := s.conf.Zone()
	if err != nil {
		return err
	}
	lastLogin, err := s.conf.TableZone()
	if err != nil {
		return err
	}
	s.Tokens, err = token.New(s.keys, &token.Options{
		Lifetime: s.conf.PasswordResetTimeout, TimeZone: zone, LastLoginZone: lastLogin,
	})
	if err != nil {
		return fmt.Errorf("site: %w", err)
	}
	return nil
}

// needsDatabase reports whether anything of the site is in the database.
func (s *Site) needsDatabase() bool {
	devices := s.conf.Devices == "db" || s.conf.Devices == "allauth"
	return s.conf.SessionsInTable() || s.conf.CacheInTable() || s.djangosUsers() ||
		(s.conf.LoginLimitStore == "db" || devices) && !s.opts.NoUsers
}

// ownTable reports whether sessions are in a table.
func (s *Site) ownTable() bool {
	return s.conf.SessionEngine == "db" || s.conf.SessionEngine == "cached_db"
}

// djangosUsers reports whether the users are in auth_user.
func (s *Site) djangosUsers() bool { return s.opts.Users == nil && !s.opts.NoUsers }

func (s *Site) openDatabase(ctx context.Context) error {
	if !s.needsDatabase() {
		return nil
	}
	return s.openPlace(ctx, siteparts.Refuse)
}

// openPlace opens the database, by the driver that the program has imported
// for it.
func (s *Site) openPlace(ctx context.Context, missing siteparts.Missing) error {
	at, err := s.conf.Database()
	if err != nil {
		return err
	}
	zone, err := s.conf.TableZone()
	if err != nil {
		return err
	}
	at.Missing = missing
	s.db, err = siteparts.Open(ctx, at, s.ownTable(), s.conf.StoreTimeout)
	if err != nil {
		return fmt.Errorf("settings: DATABASE_URL: %w", err)
	}
	s.Database = django.Database{
		DB: s.db.Writer, Readers: s.db.Readers, Dialect: s.db.Dialect, TimeZone: zone,
		Renew: s.db.Renew(),
	}
	return nil
}

func (s *Site) openUsers(ctx context.Context) error {
	if !s.djangosUsers() {
		return nil
	}
	users, err := sqlusers.New(ctx, s.Database, s.userOptions())
	if err != nil {
		return fmt.Errorf("site: %w", err)
	}
	s.users = users
	s.keep(users)
	return nil
}

// UserStore returns the users of the site, in Django's table or the program's own; nil for none.
func (s *Site) UserStore() auth.UserStore {
	if s.users != nil {
		return s.users
	}
	return s.opts.Users
}

func (s *Site) logger() *slog.Logger { return cmp.Or(s.opts.Logger, slog.Default()) }
