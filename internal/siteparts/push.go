package siteparts

import (
	"io"

	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/secret"
)

// A Push is what processes of a site tell each other by.
type Push interface {
	devices.Push
	io.Closer
}

// A PushPlace is what DEVICE_PUSH_URL names.
type PushPlace struct {
	Kind    string      // "postgres" or "redis"; empty: nowhere
	Server  Server      // of PostgreSQL
	URL     secret.Text // of Redis
	Channel string
}

// An OpenPush returns a Push on a place. It connects when that is needed: a site opens
// while the server is down.
type OpenPush func(at PushPlace) (Push, error)

// RegisterPush makes the package of this name in folder site known, which opens places of
// the kind of the same name.
func RegisterPush(name string, open OpenPush) {
	drivers.Lock()
	defer drivers.Unlock()
	if drivers.pushes == nil {
		drivers.pushes = make(map[string]OpenPush)
	}
	drivers.pushes[name] = open
}

// PushOf returns a Push on a place, by the driver that the program has imported for it.
func PushOf(at PushPlace) (Push, error) {
	drivers.RLock()
	defer drivers.RUnlock()
	open, ok := drivers.pushes[at.Kind]
	if !ok {
		return nil, missing(at.Kind)
	}
	return open(at)
}
