package sqlusers

import (
	"log/slog"
	"time"

	"github.com/jamsession/jamsession/internal/timelimit"
)

// Options configure [Users].
type Options struct {
	// Model is the site's AUTH_USER_MODEL. Zero is auth.User.
	Model Model

	// Timeout is how long the database may take for an answer if the context of the call has
	// no deadline. Zero is five seconds.
	Timeout time.Duration

	// IgnoreCase: a name that is typed in another case than the user's is the user's, if nobody
	// has exactly this name, and if no other name differs in case only. MySQL and MariaDB
	// with their usual collations need no option for that. On the others it reads the whole
	// table, unless there is an index on UPPER(username). SQLite knows no case beyond ASCII: there,
	// other letters may have to be all lower, all upper, or as stored. False is Django's behaviour.
	IgnoreCase bool

	// LoginByEmail: what is typed in place of a name may be an address, if only one user who
	// may log in has it; see [Users.ByEmail]. A user who has it as the name comes first. An
	// address that nobody has verified names its user, too, so that somebody who signs up
	// with the address of another user makes that one log in by name.
	LoginByEmail bool

	// Logger gets a warning if [Migrate] may not make an index. Nil is slog.Default().
	Logger *slog.Logger
}

func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Timeout <= 0 {
		c.Timeout = timelimit.Default
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}
