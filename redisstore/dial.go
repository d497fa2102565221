package redisstore

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/internal/panics"
	"github.com/jamsession/jamsession/internal/redislimit"
)

// Limits of a client.
const (
	dialTimeout  = 5 * time.Second
	replyTimeout = 5 * time.Second // if the context of a call does not end before
	bufferBytes  = 64 << 10        // for reading and for writing, each connection
)

// An address is a parsed URL.
type address struct{ option rueidis.ClientOption }

// Dial returns a client for a URL in one of the forms that the package comment
// lists, for other uses of the same server; close it. Its error is one line,
// without the password.
func Dial(ctx context.Context, rawURL string) (rueidis.Client, error) {
	return dial(ctx, rawURL, 0)
}

// dial connects, perhaps with so many bytes for a client-side cache. Its error is one
// line without the password.
func dial(ctx context.Context, rawURL string, cacheBytes int) (rueidis.Client, error) {
	a, err := parseURL(rawURL)
	if err != nil {
		return nil, fmt.Errorf("redisstore: %w", err)
	}
	a.option.DisableCache = cacheBytes == 0
	if cacheBytes > 0 {
		a.option.CacheSizeEachConn = cacheBytes
	}
	open := new(openConns)
	a.option.DialCtxFn = open.dial
	type dialed struct {
		client rueidis.Client
		err    error
	}
	done := make(chan dialed, 1)
	panics.Go(func() { // rueidis.NewClient takes no context
		client, err := rueidis.NewClient(a.option)
		done <- dialed{client, err}
	}, func(err error) { done <- dialed{nil, err} })
	select {
	case d := <-done:
		if d.err != nil {
			return nil, fmt.Errorf("redisstore: cannot use Redis at %s: %w",
				strings.Join(a.option.InitAddress, ","), d.err)
		}
		return redislimit.Dialed(d.client, open.cut), nil
	case <-ctx.Done():
		panics.Go(func() {
			if d := <-done; d.err == nil {
				d.client.Close()
			}
		}, panics.Log(slog.Default(), "redisstore: close what was dialed too late"))
		return nil, fmt.Errorf("redisstore: connect: %w", ctx.Err())
	}
}

var errURL = errors.New(`want "redis://host:6379/0", "rediss://…", "unix:///path/redis.sock", ` +
	`"redis-cluster://h1,h2" or "redis-sentinel://h1,h2/master/0"`)

// parseURL reads the forms that the package comment lists. Its errors do not
// show the URL.
func parseURL(raw string) (address, error) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return address{}, errURL
	}
	rest, query, _ := strings.Cut(rest, "?")
	options, err := url.ParseQuery(query)
	if err != nil {
		return address{}, errors.New("the options of the URL cannot be read")
	}
	a := address{option: clientOption()}
	authority, path, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		if err := a.setUser(authority[:i]); err != nil {
			return address{}, err
		}
		authority = authority[i+1:]
	}
	scheme, secure := cutTLS(scheme)
	switch scheme {
	case "redis":
		err = a.single(authority, path)
	case "unix", "redis+unix":
		err = a.unix(path, options.Get("db"))
	case "redis-cluster":
		err = a.several(authority, "6379")
		a.option.ShuffleInit, a.option.ForceSingleClient = true, false
	case "redis-sentinel":
		err = a.sentinel(authority, path)
	default:
		err = errURL
	}
	if err == nil && secure {
		err = a.secure(options.Get("ca"))
	}
	return a, err
}

// cutTLS turns rediss into redis, and reports whether it did.
func cutTLS(scheme string) (string, bool) {
	rest, ok := strings.CutPrefix(scheme, "rediss")
	if ok {
		return "redis" + rest, true
	}
	return scheme, false
}

func clientOption() rueidis.ClientOption {
	return rueidis.ClientOption{
		ClientName:          "jamsession",
		ForceSingleClient:   true,
		PipelineMultiplex:   -1, // one connection a server: calls share more, see also store.oneWire
		ConnWriteTimeout:    replyTimeout,
		ReadBufferEachConn:  bufferBytes,
		WriteBufferEachConn: bufferBytes,
		Dialer:              net.Dialer{Timeout: dialTimeout, KeepAlive: time.Second},
		DisableRetry:        true, // see store.value
	}
}

func (a *address) setUser(userinfo string) error {
	user, password, _ := strings.Cut(userinfo, ":")
	var err, err2 error
	a.option.Username, err = url.PathUnescape(user)
	a.option.Password, err2 = url.PathUnescape(password)
	if err != nil || err2 != nil {
		return errors.New(`"%" in a user or password must be written %25`)
	}
	return nil
}

func (a *address) single(host, db string) error {
	if strings.Contains(host, ",") {
		return errors.New("several hosts are a cluster or sentinels:" +
			" use redis-cluster:// or redis-sentinel://")
	}
	if err := a.several(host, "6379"); err != nil {
		return err
	}
	return a.setDB(db)
}

func (a *address) several(hosts, port string) error {
	for host := range strings.SplitSeq(hosts, ",") {
		if host == "" {
			host = "localhost"
		}
		if _, _, err := net.SplitHostPort(host); err != nil {
			host = net.JoinHostPort(strings.Trim(host, "[]"), port)
		}
		a.option.InitAddress = append(a.option.InitAddress, host)
	}
	return nil
}

func (a *address) sentinel(hosts, path string) error {
	master, db, _ := strings.Cut(path, "/")
	if master == "" {
		return errors.New("the name of the master is missing; want redis-sentinel://h1,h2/master/0")
	}
	a.option.Sentinel.MasterSet = master
	if err := a.several(hosts, "26379"); err != nil {
		return err
	}
	a.option.ForceSingleClient = false
	return a.setDB(db)
}

func (a *address) unix(path, db string) error {
	if path == "" {
		return errors.New("the path of the socket is missing; want unix:///path/redis.sock")
	}
	path, err := url.PathUnescape(path)
	if err != nil {
		return errors.New(`"%" in a path must be written %25`)
	}
	a.option.InitAddress = []string{"/" + path}
	return a.setDB(db)
}

func (a *address) setDB(text string) error {
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return errors.New("the database must be a number, such as the 0 of redis://host/0")
	}
	a.option.SelectDB = n
	return nil
}

func (a *address) secure(caFile string) error {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	a.option.TLSConfig, a.option.Sentinel.TLSConfig = config, config
	if caFile == "" {
		return nil
	}
	pem, err := os.ReadFile(caFile) // the path is the site's
	if err != nil {
		return fmt.Errorf("the option ca: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("the option ca: %s contains no certificate", caFile)
	}
	return nil
}
