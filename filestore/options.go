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
	// Prefix is what stands before the session's key in the name of its file:
	// SESSION_COOKIE_NAME. Empty is "sessionid".
	Prefix string

	// MaxAge is SESSION_COOKIE_AGE: how long after its last change a file
	// lives. Zero is two weeks.
	MaxAge time.Duration

	// Codec is that of session.Options, if Django shares the folder: what a
	// session says of its own end is then read out of its data, as Django does.
	// Nil takes MaxAge for all, and makes a session that ends sooner look as if
	// it had been saved earlier.
	Codec session.Codec

	// AllowSharedFolder accepts a folder in which other users of the machine
	// can make files, as they can in /tmp. It must be sticky, so that they
	// cannot remove ours, and belong to root or to this process's user. They
	// can still fill it. Where they can list it, they see the names, which are
	// the keys of the sessions, and can take over each of them: unless the
	// keys are hashed (session.Options.HashKeys). False refuses it.
	AllowSharedFolder bool

	// AllowFilesOfUsers are the ids of users of the machine, beside the one of
	// this process, whose files and folders are believed: Django's, if it runs
	// under another. Such a user can log in as anybody, unless the codec signs
	// (django.Signed). Nil believes nobody else; root counts as somebody else,
	// too.
	AllowFilesOfUsers []int

	// LoseSessionsInPowerCut leaves out the flushing to the disk. After a
	// power cut sessions can be missing, empty or as they were before, a
	// logout undone. False flushes.
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

// deadline returns when a session with this data ends if it was saved at an
// instant. What is corrupt ends after MaxAge.
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

// savedAt returns the time of change that makes a file with this data end at
// expiry.
func (o *Options) savedAt(data []byte, expiry time.Time) time.Time {
	now := time.Now().Truncate(time.Microsecond)
	at := now.Add(expiry.Sub(o.deadline(data, now)))
	if o.deadline(data, at).Equal(expiry) {
		return at
	}
	return now // the session names its last instant itself
}
