// Package mysql lets package site open a DATABASE_URL that begins with
// mysql://, for MySQL and MariaDB. Import it only for that:
//
//	import _ "github.com/jamsession/jamsession/site/mysql"
package mysql

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/siteparts"
)

func init() { siteparts.RegisterDatabase("mysql", open) }

// open connects to MySQL or MariaDB. The options are tls, as in the driver, and
// ssl_ca, the path of a certificate.
func open(
	ctx context.Context, at siteparts.Place, _ bool, limit time.Duration,
) (*siteparts.Database, error) {
	s, w := at.Server, siteparts.NewWires(limit)
	config := mysql.NewConfig()
	config.User, config.Passwd, config.DBName = s.User, s.Password.Reveal(), s.Name
	config.Net, config.Addr = "tcp", net.JoinHostPort(s.Host, s.Port)
	if s.Socket != "" {
		config.Net, config.Addr = "unix", s.Socket
	}
	config.DialFunc = w.Dial
	config.ParseTime, config.Loc = true, time.UTC
	config.Logger = &mysql.NopLogger{} // the error is returned as well
	config.ClientFoundRows = true      // or an update that changes nothing counts no row
	config.MaxAllowedPacket = 0        // what the server says
	config.Params = map[string]string{"time_zone": "'+00:00'"}
	if err := secure(config, s); err != nil {
		return nil, err
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	db, err := siteparts.OpenServer(ctx, "MySQL", s, connector, w)
	if err != nil {
		return nil, err
	}
	db.Dialect = django.MySQL
	return db, nil
}

func secure(config *mysql.Config, s siteparts.Server) error {
	for name := range s.Options {
		if name != "tls" && name != "ssl_ca" && name != "charset" {
			return fmt.Errorf("the option %.20q is unknown; there are socket, tls, ssl_ca and max_conns",
				name)
		}
	}
	config.TLSConfig = s.Options.Get("tls")
	path := s.Options.Get("ssl_ca")
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
	config.TLS = &tls.Config{RootCAs: roots, ServerName: s.Host, MinVersion: tls.VersionTLS12}
	return nil
}
