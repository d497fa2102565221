package devices_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/internal/noerror"
)

// A directory is a backend of a program, which does not say who is active.
type directory struct{ has sync.Map }

func (*directory) Name() string { return "example.Directory" }

func (d *directory) Authenticate(ctx context.Context, username, _ string) (auth.User, error) {
	return d.User(ctx, username)
}

func (d *directory) User(_ context.Context, id string) (auth.User, error) {
	if _, ok := d.has.Load(id); !ok {
		return auth.User{}, auth.ErrUserNotFound
	}
	return auth.User{ID: id, Username: id}, nil
}

// TestWatchOfABackend of the program's own lets in whom its requests let in.
func TestWatchOfABackend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, inMemory, devices.Options{})
		users := new(directory)
		users.has.Store("ann", true)
		users.has.Store("ben", true)
		s.auth = noerror.In(auth.New(nil, keys, &auth.Options{
			Devices: s.devices, Backends: []auth.Backend{users}, Logger: quiet,
		}))
		s.Handler = s.sessions.Handler(s.auth.Handler(s.pages()))
		ann, _ := s.login(t, "ann")
		ben, _ := s.login(t, "ben")
		watched, bens := ann.watch(t), ben.watch(t)
		goesOn(watched, t)
		ann.is(t, "ann")
		users.has.Delete("ann")
		endsWithin(watched, t, 1300*time.Millisecond)
		goesOn(bens, t)
	})
}
