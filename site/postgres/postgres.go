// Package postgres lets package site open a DATABASE_URL that begins with
// postgres://. Import it only for that:
//
//	import _ "github.com/jamsession/jamsession/site/postgres"
//
// Package pgstore loads and saves sessions; everything else goes through
// pgx's adapter for database/sql.
package postgres

import (
	"cmp"
	"context"
	"errors"
	"math"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/siteparts"
	"github.com/jamsession/jamsession/pgstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

func init() { siteparts.RegisterDatabase("postgres", open) }

// open connects to PostgreSQL. If sessions are there, they get connections of
// their own.
func open(
	ctx context.Context, at siteparts.Place, sessions bool, limit time.Duration,
) (*siteparts.Database, error) {
	w := siteparts.NewWires(limit)
	config, err := parse(at.Server)
	if err != nil {
		return nil, err
	}
	config.ConnConfig.ConnectTimeout, config.ConnConfig.DialFunc = limit, w.Dial
	forSessions := 0
	if sessions {
		forSessions = at.Server.MaxConns / 2
	}
	at.Server.MaxConns -= forSessions
	db, err := siteparts.OpenServer(ctx, "PostgreSQL", at.Server, stdlib.GetConnector(*config.ConnConfig), w)
	if err != nil {
		return nil, err
	}
	db.Dialect = django.PostgreSQL
	if forSessions == 0 {
		return db, nil
	}
	config.MaxConns = int32(min(forSessions, math.MaxInt32))
	config.MaxConnIdleTime, config.MaxConnLifetime = siteparts.MaxConnIdle, siteparts.MaxConnLife
	config.MaxConnLifetimeJitter = siteparts.MaxConnLife / 10 // or all end at once, as they began
	pool, err := pgxpool.NewWithConfig(ctx, config)           // it connects when it is first used
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	db.Pool = pool.Close
	db.OpenTable = func(ctx context.Context, o *sqlstore.Options) (session.Store, error) {
		return pgstore.New(ctx, pool, o)
	}
	return db, nil
}

// parse takes options of libpq's URLs.
func parse(s siteparts.Server) (*pgxpool.Config, error) {
	query := s.Options
	host := net.JoinHostPort(s.Host, s.Port)
	if hosts := cmp.Or(s.Socket, query.Get("host")); hosts != "" { // each may have a port of its own
		host = ""
		query.Set("host", hosts)
		query.Set("port", s.Port)
	}
	// As in libpq, a + is not a space.
	options := strings.ReplaceAll(query.Encode(), "+", "%20")
	u := url.URL{
		Scheme: "postgres", User: userinfo(s), Host: host, Path: "/" + s.Name, RawQuery: options,
	}
	config, err := pgxpool.ParseConfig(u.String())
	if err != nil { // its text may show the password
		return nil, errors.New("PostgreSQL does not know one of its options")
	}
	return config, nil
}

func userinfo(s siteparts.Server) *url.Userinfo {
	if s.Password.IsZero() {
		return url.User(s.User)
	}
	return url.UserPassword(s.User, s.Password.Reveal())
}
