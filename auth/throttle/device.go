package throttle

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/httpcache"
	"github.com/jamsession/jamsession/internal/httpcookie"
	"github.com/jamsession/jamsession/internal/setcookie"
	"github.com/jamsession/jamsession/internal/signing"
	"github.com/jamsession/jamsession/internal/travel"
	"github.com/jamsession/jamsession/secret"
)

const (
	deviceSuffix = "_device" // of the cookie's name
	cookieAge    = 365 * 24 * time.Hour
	maxUsers     = 5 // for whom one device is known, as in a family
)

// A keyring holds the keys derived from one secret key, for one purpose.
type keyring struct {
	key     secret.Text
	purpose string
	signer  *signing.Signer
}

func newKeyring(key secret.Text, purpose string) keyring {
	return keyring{key, purpose, signing.NewOfOne(keySalt+".device", key)}
}

// fingerprint identifies a user in a cookie, as long as the user has this username
// and password; what the visitor types may be another name, such as an address. It
// differs by purpose: a login does not make a device known to limiters of other
// purposes.
func (k keyring) fingerprint(a auth.Attempt) string {
	of := strings.Join([]string{k.purpose, a.User.ID, a.User.Password, exact(a.User.Username)}, "\x00")
	mac := signing.SaltedHMAC(keySalt+".fingerprint", k.key, []byte(of))
	return base64.RawURLEncoding.EncodeToString(mac[:16])
}

// A device is the content of a browser's cookie: the users who have logged in
// with it.
type device struct {
	key   keyring // with which it was signed
	id    string
	users []string // fingerprints, the last login first
}

// device returns the device of the request's cookie, if its signature is valid
// and it is not too old.
func (l *limiter) device(r *http.Request) (device, bool) {
	if !travel.Of(r.Context()).Ambient {
		return device{}, false // the client has no cookies
	}
	httpcache.Note(r.Context(), httpcache.VaryCookie)
	signed, ok := httpcookie.Lookup(r.Header, l.cookieFor(r).Name)
	if !ok {
		return device{}, false
	}
	for _, key := range l.keys {
		if value, err := key.signer.Unsign(signed); err == nil {
			return l.parseDevice(key, value)
		}
	}
	return device{}, false
}

// parseDevice reads a value whose signature is valid.
func (l *limiter) parseDevice(key keyring, value string) (device, bool) {
	parts := strings.Split(value, ".")
	if len(parts) < 3 {
		return device{}, false
	}
	seconds, err := signing.ParseBase62(parts[0])
	if err != nil || l.now().Sub(time.Unix(seconds, 0)) >= cookieAge {
		return device{}, false
	}
	return device{key, parts[1], parts[2:]}, true
}

func (d device) knows(a auth.Attempt) bool {
	wanted, known := d.key.fingerprint(a), false
	for _, fingerprint := range d.users {
		known = same(fingerprint, wanted) || known
	}
	return known
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// bucketOf returns the text from which the name of the device's bucket for a
// user is made.
func (d device) bucketOf(a auth.Attempt) string { return d.id + "\x00" + a.User.ID }

// sendDevice sets the cookie that makes this device known for the user from now
// on.
func (l *limiter) sendDevice(header http.Header, r *http.Request, a auth.Attempt) {
	if !travel.Of(r.Context()).Ambient {
		return
	}
	d, ok := l.device(r)
	if !ok {
		d = device{id: rand.Text()}
	}
	key, now := l.keys[0], l.now()
	users := []string{key.fingerprint(a)}
	for _, other := range d.users {
		if d.key.signer == key.signer && !same(other, users[0]) && len(users) < maxUsers {
			users = append(users, other)
		}
	}
	value := signing.AppendBase62(nil, now.Unix())
	value = append(value, "."+d.id+"."+strings.Join(users, ".")...)
	o := l.cookieFor(r)
	c := setcookie.New(&o, r, key.signer.Sign(string(value)))
	c.Last(cookieAge, now)
	setcookie.Send(r.Context(), header, c, httpcache.NoStore)
}

// cookieFor returns the attributes of the cookie for the answer to the request.
// Unless the options name it, its name has the strictest prefix, so that as few
// others as possible can set it.
func (l *limiter) cookieFor(r *http.Request) cookie.Options {
	name := l.opts.Site + deviceSuffix
	o := setcookie.WithDefaults(l.opts.Cookie, name)
	switch {
	case l.opts.Cookie.Name != "" || !setcookie.IsSecure(&o, r):
	case o.Domain == "" && o.Path == "/":
		o.Name = "__Host-" + name
	default:
		o.Name = "__Secure-" + name
	}
	return o
}
