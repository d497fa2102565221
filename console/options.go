package console

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/internal/timelimit"
)

// Options configure a [Console]. Each field says what its zero means.
type Options struct {
	// ReadOnly turns all actions off, and leaves the pages.
	ReadOnly bool

	// RecentLogin is how long ago a user may have logged in who ends a login, lifts a limit,
	// or has values shown. Zero is 15 minutes.
	RecentLogin time.Duration

	// NotFound answers those who may not see the console. Give it the page that the site has for
	// addresses that it does not have: the request has the whole address, also below an
	// http.StripPrefix. Nil is http.NotFound.
	NotFound http.Handler

	// Logger gets a line for each action, and errors. Nil is slog.Default().
	Logger *slog.Logger
}

// maxRecent is the longest time for which a login can count as recent.
const maxRecent = 24 * time.Hour

func (o *Options) withDefaults() (Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	if err := timelimit.NotNegative("console: Options.RecentLogin", c.RecentLogin); err != nil {
		return Options{}, err
	}
	if c.RecentLogin > maxRecent {
		return Options{}, fmt.Errorf("console: Options.RecentLogin is %v; it can be %v at most",
			c.RecentLogin, maxRecent)
	}
	c.RecentLogin = cmp.Or(c.RecentLogin, 15*time.Minute)
	if c.NotFound == nil {
		c.NotFound = http.NotFoundHandler()
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c, nil
}
