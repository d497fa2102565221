package token

import (
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/signing"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/secret"
)

// salt is the name of Django's class.
const salt = "django.contrib.auth.tokens.PasswordResetTokenGenerator"

// defaultLifetime is Django's. ASVS 6.4 asks for a shorter one.
const defaultLifetime = 3 * 24 * time.Hour

// Options configure a [Generator]. The zero value is Django's configuration.
type Options struct {
	// Lifetime is PASSWORD_RESET_TIMEOUT: how long a token is valid. Zero is
	// Django's, three days.
	Lifetime time.Duration

	// TimeZone is Django's TIME_ZONE. A token contains the time of its wall
	// clock, so both sides must have the same. Nil is UTC.
	TimeZone *time.Location

	// LastLoginZone is the zone whose wall clock time User.LastLogin has in a
	// token: UTC for a Django site with USE_TZ, else its TIME_ZONE. Nil is UTC.
	LastLoginZone *time.Location
}

// A Generator makes and checks tokens. Make one with [New]; it is safe for
// concurrent use. (Django: PasswordResetTokenGenerator.)
type Generator struct {
	keys secret.Keys
	opts Options
	now  func() time.Time
}

// New returns a generator. The keys are Django's SECRET_KEY and
// SECRET_KEY_FALLBACKS: tokens of older keys are valid until they time out. The
// options may be nil. The error says that there are no keys, or that Lifetime is
// less than a second.
func New(keys secret.Keys, o *Options) (*Generator, error) {
	g := &Generator{keys: keys, now: time.Now}
	if o != nil {
		g.opts = *o
	}
	if keys.IsZero() {
		return nil, errors.New("token: no keys; make them with secret.NewKeys")
	}
	if err := timelimit.AtLeastSecond("token: Options.Lifetime", g.opts.Lifetime); err != nil {
		return nil, err
	}
	if g.opts.Lifetime == 0 {
		g.opts.Lifetime = defaultLifetime
	}
	if g.opts.TimeZone == nil {
		g.opts.TimeZone = time.UTC
	}
	if g.opts.LastLoginZone == nil {
		g.opts.LastLoginZone = time.UTC
	}
	return g, nil
}

// Make returns a token for the user as stored now. Anybody who has it can set
// the user's password: send it to the stored address only. (Django:
// make_token.)
func (g *Generator) Make(user auth.User) string {
	return g.make(user, g.keys.Current(), g.seconds())
}

// Check reports whether token was made for the user, has not timed out, and the
// user has not changed since. A user without an ID has no token. It compares in
// constant time. (Django: check_token.)
func (g *Generator) Check(user auth.User, token string) bool {
	made, ok := timeOf(token)
	if !ok || !user.IsAuthenticated() {
		return false
	}
	good := 0
	for key := range g.keys.All() {
		good |= subtle.ConstantTimeCompare([]byte(g.make(user, key, made)), []byte(token))
	}
	age := g.seconds() - made
	return good == 1 && age <= int64(g.opts.Lifetime/time.Second)
}

// make returns the token of a time: the time in base 36, and every second digit
// of the HMAC.
func (g *Generator) make(user auth.User, key secret.Text, seconds int64) string {
	var login string
	if !user.LastLogin.IsZero() {
		login = user.LastLogin.In(g.opts.LastLoginZone).Format(time.DateTime)
	}
	value := fmt.Sprintf("%s%s%s%d%s", user.ID, user.Password, login, seconds, user.Email)
	digits := hex.EncodeToString(signing.SaltedHMAC(salt, key, []byte(value)))
	half := make([]byte, 0, len(digits)/2)
	for i := 0; i < len(digits); i += 2 {
		half = append(half, digits[i])
	}
	return strconv.FormatInt(seconds, 36) + "-" + string(half)
}

// epoch is the wall clock time from which Django counts.
var epoch = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)

// seconds returns the seconds of the wall clock since the epoch: an hour less
// or more than elapsed if the clocks were changed meanwhile, as in Django.
func (g *Generator) seconds() int64 {
	now := g.now().In(g.opts.TimeZone)
	_, offset := now.Zone()
	return now.Unix() + int64(offset) - epoch.Unix()
}

// maxTime is the number of digits that a time may have (CVE-2010-4535).
const maxTime = 13

// timeOf returns the time in a token.
func timeOf(token string) (int64, bool) {
	digits, rest, found := strings.Cut(token, "-")
	if !found || strings.Contains(rest, "-") || len(digits) > maxTime {
		return 0, false
	}
	seconds, err := strconv.ParseInt(digits, 36, 64)
	return seconds, err == nil
}
