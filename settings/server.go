package settings

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/secret"
)

// openDatabase opens what DATABASE_URL names.
//
// If sessions are in it, those of PostgreSQL get connections of their own. A
// server has the limit to accept a connection.
func openDatabase(
	ctx context.Context, rawURL secret.Text, sessions bool, limit time.Duration,
) (*database, django.Dialect, error) {
	u, err := parseDatabaseURL(rawURL.Reveal())
	if err != nil {
		return nil, 0, fmt.Errorf("settings: DATABASE_URL: %w", err)
	}
	switch u.scheme {
	case "postgres":
		db, err := openPostgres(ctx, u.server, sessions, newWires(limit))
		return db, django.PostgreSQL, err
	case "mysql":
		db, err := openMySQL(ctx, u.server, newWires(limit))
		return db, django.MySQL, err
	default:
		db, err := openSQLite(ctx, u.path)
		return db, django.SQLite, err
	}
}

// dialTimeout bounds how long a program waits at its start for a server.
const dialTimeout = 10 * time.Second

// Connections end, so that load comes back to a server that was away.
const (
	maxConnIdle = 5 * time.Minute
	maxConnLife = time.Hour
)

// openPostgres connects to PostgreSQL. Options are those of libpq's URLs.
func openPostgres(ctx context.Context, s server, sessions bool, w *wires) (*database, error) {
	query := s.options
	host := net.JoinHostPort(s.host, s.port)
	if s.socket != "" {
		host = ""
		query.Set("host", s.socket)
		query.Set("port", s.port)
	}
	u := url.URL{
		Scheme: "postgres", User: s.userinfo(), Host: host, Path: "/" + s.name, RawQuery: query.Encode(),
	}
	config, err := pgxpool.ParseConfig(u.String())
	if err != nil { // its text may show the password
		return nil, errors.New("settings: DATABASE_URL: PostgreSQL does not know one of its options")
	}
	config.ConnConfig.ConnectTimeout, config.ConnConfig.DialFunc = w.limit, w.dial
	forSessions := 0
	if sessions {
		forSessions = s.maxConns / 2 // by pgx itself, see package pgstore
	}
	s.maxConns -= forSessions
	connector := opaque(stdlib.GetConnector(*config.ConnConfig), w.limit)
	db, err := s.pool(ctx, "PostgreSQL", sql.OpenDB(connector), w)
	if err != nil || forSessions == 0 {
		return db, err
	}
	config.MaxConns = int32(min(forSessions, math.MaxInt32))
	config.MaxConnIdleTime, config.MaxConnLifetime = maxConnIdle, maxConnLife
	db.sessions, err = pgxpool.NewWithConfig(ctx, config) // it connects when it is asked
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// A connector is a driver's, and hides it: a printed *sql.DB shows what pgx
// connects with, password and all.
//
// It also bounds the handshake: the MySQL driver's own limit is for the dialing
// only, and database/sql connects by one goroutine, whose context never ends.
type connector struct {
	connect func(context.Context) (driver.Conn, error)
	driver  func() driver.Driver
	limit   time.Duration
}

func opaque(c driver.Connector, limit time.Duration) connector {
	return connector{c.Connect, c.Driver, limit}
}

// Connect implements [driver.Connector].
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	ctx, cancel := timelimit.Within(ctx, c.limit)
	defer cancel()
	return c.connect(ctx)
}

// Driver implements [driver.Connector].
func (c connector) Driver() driver.Driver { return c.driver() }

// openMySQL connects to MySQL or MariaDB. Options are tls, as the driver has
// it, and ssl_ca, the path of a certificate.
func openMySQL(ctx context.Context, s server, w *wires) (*database, error) {
	config := mysql.NewConfig()
	config.User, config.Passwd, config.DBName = s.user, s.password.Reveal(), s.name
	config.Net, config.Addr = "tcp", net.JoinHostPort(s.host, s.port)
	if s.socket != "" {
		config.Net, config.Addr = "unix", s.socket
	}
	config.DialFunc = w.dial
	config.ParseTime, config.Loc = true, time.UTC
	config.Logger = &mysql.NopLogger{} // the error is returned as well
	config.ClientFoundRows = true      // or an update to what is there counts as none
	config.Params = map[string]string{"time_zone": "'+00:00'"}
	if err := s.secureMySQL(config); err != nil {
		return nil, fmt.Errorf("settings: DATABASE_URL: %w", err)
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, fmt.Errorf("settings: DATABASE_URL: %w", err)
	}
	return s.pool(ctx, "MySQL", sql.OpenDB(opaque(connector, w.limit)), w)
}

func (s server) secureMySQL(config *mysql.Config) error {
	for name := range s.options {
		if name != "tls" && name != "ssl_ca" && name != "charset" {
			return fmt.Errorf("the option %.20q is unknown; there are socket, tls, ssl_ca and max_conns",
				name)
		}
	}
	config.TLSConfig = s.options.Get("tls")
	path := s.options.Get("ssl_ca")
	if path == "" {
		return nil
	}
	pem, err := os.ReadFile(path) // the path is the site's
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return fmt.Errorf("ssl_ca: %s holds no certificate", path)
	}
	config.TLS = &tls.Config{RootCAs: roots, ServerName: s.host, MinVersion: tls.VersionTLS12}
	return nil
}

func (s server) userinfo() *url.Userinfo {
	if s.password.IsZero() {
		return url.User(s.user)
	}
	return url.UserPassword(s.user, s.password.Reveal())
}

// pool bounds the connections, and finds out now whether there can be any.
func (s server) pool(ctx context.Context, kind string, db *sql.DB, w *wires) (*database, error) {
	db.SetMaxOpenConns(s.maxConns)
	db.SetMaxIdleConns(s.maxConns)
	db.SetConnMaxIdleTime(maxConnIdle)
	db.SetConnMaxLifetime(maxConnLife)
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if err := db.PingContext(ctx); err != nil {
		_ = db.Close()
		reason := strings.Join(strings.Fields(err.Error()), " ") // on one line
		return nil, fmt.Errorf("settings: DATABASE_URL: cannot use %s at %s: %s", kind, s, reason)
	}
	return &database{writer: db, readers: db, wires: w}, nil
}
