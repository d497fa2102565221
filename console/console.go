package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/administration"
	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/internal/panics"
	"github.com/jamsession/jamsession/site"
)

// A Console is an [http.Handler]. Make one with [New]; it is safe for concurrent use.
type Console struct {
	site    *site.Site
	conf    *conf.Settings
	users   auth.UserStore
	office  administration.Office // nil: the users are the program's own
	opts    Options
	pages   pages
	refs    sealer
	budget  time.Duration // of what has no index
	tick    time.Duration // of streams
	streams streams
	samples samples
	started time.Time // when the console began to count
	handler http.Handler
}

// New returns the console of a site. The error says that the site has no users, or which option is
// wrong. The options may be nil. Close the console at the end, before the site.
func New(s *site.Site, o *Options) (*Console, error) {
	if s == nil || s.UserStore() == nil {
		return nil, errors.New("console: the site has no users, of whom some could be let in")
	}
	c := &Console{site: s, conf: conf.Of(s.Settings), users: s.UserStore(), budget: aBudget, tick: aTick}
	c.office = administration.Of(c.users)
	var err error
	if c.opts, err = o.withDefaults(); err != nil {
		return nil, err
	}
	if c.pages, err = parsePages(); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	keys, err := s.Settings.Keys()
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	if c.refs, err = newSealer(keys); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	c.streams.closed, c.streams.close = context.WithCancel(context.Background())
	c.samples.first, c.started = c.sampleNow(), time.Now()
	panics.Go(c.sample, panics.Log(c.opts.Logger, "console: no more samples are taken"))
	// They step aside where the site's own Handler is around the console. Where it is not, nothing is open.
	c.handler = s.Messages.Handler(http.HandlerFunc(c.serve))
	c.handler = s.Sessions.Handler(s.CSRF.Handler(s.Auth.Handler(c.handler)))
	return c, nil
}

// ServeHTTP serves the pages, below the path that [http.StripPrefix] has removed.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.handler.ServeHTTP(w, r) }

// Close stops the counting for charts, and ends what is sent to open pages, which otherwise goes on
// as long as somebody looks: a server's Shutdown would wait for them. Give it to RegisterOnShutdown.
func (c *Console) Close() { c.streams.close() }
