package devices

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

// Options configure [Devices]. Each field says what its zero means.
type Options struct {
	// Store is where the sessions are. The session of a login that was ended is deleted
	// there, so that it has ended at a Django site, too; and the row of a session that lives
	// there is not cleared. Nil, and cookies that hold the session, do without.
	Store session.Store

	// Source returns the address of the visitor: the SourceOf of a limiter that knows the
	// site's proxies. It must not ask for the user. Nil is the peer of the connection.
	Source func(r *http.Request) string

	// AllAuth has the rows in the table usersessions_usersession of django-allauth, which a
	// Django site has made: both sites list the same logins, and end them. It needs a Store
	// whose keys Django knows, and sessions without HashKeys.
	AllAuth bool

	// Address is how much of an address is kept. Zero is the network, [AddressShort].
	Address AddressKind

	// AddressAge is how long after a device was last seen its address is kept. Zero is as
	// long as the device is listed.
	AddressAge time.Duration

	// Max is on how many devices a user can be logged in at once. With zero there is no limit.
	Max int

	// WhenFull is what a login does that is one too many. Zero is [EndOldest].
	WhenFull Policy

	// OnEvent is called after what an [Event] tells of. Requests wait for it; a panic is
	// logged. Nil calls nothing.
	OnEvent func(e Event)

	// Push has the other processes of the site notice at once what ends in this one, and the other
	// way round. It is the caller's: close the devices, then the Push. With nil, what
	// [Devices.Watch] watches here learns within a second of what others have ended.
	Push Push

	// Timeout is how long the database may take for an answer if the context of the call has
	// no deadline. Zero is five seconds.
	Timeout time.Duration

	// Logger gets warnings and errors. Nil is slog.Default().
	Logger *slog.Logger
}

// An AddressKind is how much of an address is kept.
type AddressKind int

// The kinds of addresses.
const (
	AddressShort AddressKind = iota // the network: 24 bits of IPv4, 48 of IPv6
	AddressFull                     // all that Options.Source returns
	AddressNone                     // nothing
)

// A Policy is what a login does for which there is no room.
type Policy int

// The policies. A login that was made elsewhere and comes here for the first time can only be
// let in or refused: with Ask, it is refused.
const (
	EndOldest Policy = iota // ends the device that was not seen for longest
	Refuse                  // is refused: auth.Manager.Login returns a [*LimitError]
	Ask                     // is refused, and the LimitError lists the devices: the visitor ends one
)

func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Source == nil {
		c.Source = func(r *http.Request) string { return r.RemoteAddr }
	}
	if c.Timeout == 0 {
		c.Timeout = timelimit.Default
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// check names the field that is wrong.
func (o *Options) check() error {
	_, seals := o.Store.(interface{ Issued(cookie string) bool })
	switch {
	case o.AllAuth && o.Store == nil:
		return errors.New("devices: Options.AllAuth needs the Store of the sessions")
	case o.AllAuth && seals:
		return errors.New("devices: Options.AllAuth: the sessions are in cookies, and have no keys that" +
			" the table of django-allauth could have")
	case o.Max < 0:
		return fmt.Errorf("devices: Options.Max is %d; it cannot be negative", o.Max)
	case o.WhenFull < EndOldest || o.WhenFull > Ask:
		return fmt.Errorf("devices: Options.WhenFull %d is unknown", o.WhenFull)
	case o.Address < AddressShort || o.Address > AddressNone:
		return fmt.Errorf("devices: Options.Address %d is unknown", o.Address)
	}
	return errors.Join(
		timelimit.NotNegative("devices: Options.AddressAge", o.AddressAge),
		timelimit.NotNegative("devices: Options.Timeout", o.Timeout),
	)
}
