package filestore

import (
	"fmt"
	"strings"
	"time"

	"github.com/jamsession/jamsession/internal/expiry"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

// Options configure a store.
type Options struct {
	// Prefix is put before the session's key to form the name of its file. It
	// is Django's SESSION_COOKIE_NAME. Empty is "sessionid".
	Prefix string

	// KeyFunc is for a cache, see NewCache: it returns the key that is hashed for a
	// session's key, in place of Prefix. Nil puts Prefix before the key.
	KeyFunc func(key string) string

	// MaxAge is Django's SESSION_COOKIE_AGE: how long a file is valid after its
	// last change. Zero is two weeks.
	MaxAge time.Duration

	// Codec is that of session.Options, if Django shares the folder: a
	// session's own expiry is then read from its data, as Django does. With nil
	// the expiry of all files is MaxAge after their time of change, which is
	// set to an earlier time for sessions that end sooner.
	Codec session.Codec

	// AllowSharedFolder accepts a folder in which other users of the machine
	// can make files, as they can in /tmp. It must be sticky, so that they
	// cannot remove the site's files, and belong to root or to this process's
	// user. They can still fill it. If they can list it, they see the names,
	// which contain the keys of the sessions, and can take over every session,
	// unless the keys are hashed (session.Options.HashKeys). False refuses such
	// a folder.
	AllowSharedFolder bool

	// AllowFilesOfUsers are the ids of users of the machine, besides this
	// process's user, whose files and folders are trusted: the user of a Django
	// site, for example. Such a user can log in as anybody, unless the codec
	// signs (django.Signed). With nil no other user is trusted, not even root.
	AllowFilesOfUsers []int

	// LoseSessionsInPowerCut skips flushing to the disk. After a power cut
	// sessions can then be missing, empty or old, even those that were logged
	// out. False flushes.
	LoseSessionsInPowerCut bool
}

func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Prefix == "" {
		c.Prefix = "sessionid"
	}
	if c.MaxAge == 0 {
		c.MaxAge = 14 * 24 * time.Hour
	}
	return c
}

// deadline returns when a session with this data expires if it was saved at an
// instant. Corrupt data expires after MaxAge.
func (o *Options) deadline(data []byte, saved time.Time) time.Time {
	if o.Codec == nil {
		return saved.Add(o.MaxAge)
	}
	items, err := o.Codec.Decode(data)
	if err != nil {
		items = nil
	}
	return expiry.Deadline(items, saved, o.MaxAge)
}

// check names the field that is wrong.
func (o *Options) check() error {
	if strings.ContainsAny(o.Prefix, `/\`+"\x00") || strings.HasPrefix(o.Prefix, ".") {
		return fmt.Errorf("filestore: Options.Prefix: %q cannot begin the name of a file", o.Prefix)
	}
	return timelimit.AtLeastSecond("filestore: Options.MaxAge", o.MaxAge)
}

// savedAt returns the time of change with which a file with this data expires
// at expiry.
func (o *Options) savedAt(data []byte, expiry time.Time) time.Time {
	now := time.Now().Truncate(time.Microsecond)
	at := now.Add(expiry.Sub(o.deadline(data, now)))
	if o.deadline(data, at).Equal(expiry) {
		return at
	}
	return now // the session contains its expiry
}
