package messages

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/setcookie"
	"github.com/jamsession/jamsession/internal/signing"
	"github.com/jamsession/jamsession/secret"
)

// A Storage says where messages wait for the page that shows them.
type Storage int

// The storages. (Django: MESSAGE_STORAGE.)
const (
	StorageFallback Storage = iota // the cookie, and the session for what does not fit
	StorageCookie                  // the cookie alone; the oldest are dropped if they do not fit
	StorageSession                 // the session alone
)

// Options configure a [Manager]. The zero value is Django's configuration.
// Where both show each other's messages, the cookie's attributes are those of
// the session's cookie.
type Options struct {
	// Storage is where messages are kept. Zero is StorageFallback. A request whose key
	// travels by a header, as with session.Bearer, gets no cookie: its messages are in
	// its session, whatever this is.
	Storage Storage

	// MinLevel is the lowest level that is kept: MESSAGE_LEVEL. Zero is
	// LevelInfo.
	MinLevel Level

	// Tags are words for levels, in place of Django's or for levels of your
	// own: MESSAGE_TAGS. Nil is Django's.
	Tags map[Level]string

	// Cookie is the cookie. The name of its zero value is "messages". Django
	// gives it SESSION_COOKIE_DOMAIN, _SECURE, _HTTPONLY and _SAMESITE, and the
	// path "/".
	Cookie cookie.Options

	// Logger is told of messages that were dropped. Nil is slog.Default().
	Logger *slog.Logger
}

// A Manager keeps messages from one request to the next. Make one with [New];
// it is safe for concurrent use.
type Manager struct {
	opts   Options
	signer *signing.Signer
}

// New returns a manager. The keys are Django's SECRET_KEY, which signs the
// cookie, and SECRET_KEY_FALLBACKS, whose cookies are still read. The options
// may be nil. The error says what is missing, or wrong with them.
func New(keys secret.Keys, o *Options) (*Manager, error) {
	m := &Manager{}
	if o != nil {
		m.opts = *o
	}
	if keys.IsZero() {
		return nil, errors.New("messages: no keys; make them with secret.NewKeys")
	}
	m.signer = signing.NewForCookies("django.contrib.messages", keys)
	m.opts.fill()
	if err := m.opts.check(); err != nil {
		return nil, err
	}
	return m, nil
}

func (o *Options) fill() {
	if o.MinLevel == 0 {
		o.MinLevel = LevelInfo
	}
	o.Cookie = setcookie.WithDefaults(o.Cookie, "messages")
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
}

func (o *Options) check() error {
	if o.Storage < StorageFallback || o.Storage > StorageSession {
		return fmt.Errorf("messages: Options.Storage: %d is not "+
			"StorageFallback, StorageCookie or StorageSession", o.Storage)
	}
	if err := o.Cookie.Check(); err != nil {
		return fmt.Errorf("messages: Options.Cookie: %w", err)
	}
	return nil
}

// tag returns the word for a level.
func (o *Options) tag(level Level) string {
	if tag, ok := o.Tags[level]; ok {
		return tag
	}
	return levelTags[level]
}
