package devices_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/internal/noerror"
)

// A directory is a backend of a program, which does not say who is active.
type directory struct {
	has sync.Map
	lag time.Duration // of each answer
}

func (*directory) Name() string { return "example.Directory" }

func (d *directory) Authenticate(ctx context.Context, username, _ string) (auth.User, error) {
	return d.User(ctx, username)
}

func (d *directory) User(ctx context.Context, id string) (auth.User, error) {
	select {
	case <-time.After(d.lag):
	case <-ctx.Done():
		return auth.User{}, ctx.Err()
	}
	if _, ok := d.has.Load(id); !ok {
		return auth.User{}, auth.ErrUserNotFound
	}
	return auth.User{ID: id, Username: id}, nil
}

// newSiteOf has the users of a backend.
func newSiteOf(t *testing.T, b auth.Backend) *site {
	t.Helper()
	s := newSite(t, inMemory, devices.Options{})
	s.auth = noerror.In(auth.New(nil, keys, &auth.Options{
		Devices: s.devices, Backends: []auth.Backend{b}, Logger: quiet,
	}))
	s.Handler = s.sessions.Handler(s.auth.Handler(s.pages()))
	return s
}

// TestWatchOfABackend of the program's own lets in whom its requests let in.
func TestWatchOfABackend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		users := new(directory)
		users.has.Store("ann", true)
		users.has.Store("ben", true)
		s := newSiteOf(t, users)
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

// TestWatchOfASlowBackend, which is asked for one user after another: all of them are looked at, and
// one that is woken does not wait for the others.
func TestWatchOfASlowBackend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		users := &directory{lag: 20 * time.Millisecond}
		s := newSiteOf(t, users)
		all, ids := make(map[string]context.Context), make(map[string]string)
		for i := range 400 {
			name := fmt.Sprint("user", i)
			users.has.Store(name, true)
			b, id := s.login(t, name)
			all[name], ids[name] = b.watch(t), id
		}
		time.Sleep(2 * time.Minute)
		for name, watched := range all {
			if err := context.Cause(watched); err != nil {
				t.Fatalf("the watch of %s has ended: %v", name, err)
			}
		}
		for i := range 20 {
			name := fmt.Sprint("user", i)
			if err := s.devices.EndDevice(t.Context(), name, ids[name]); err != nil {
				t.Fatal(err)
			}
			endsWithin(all[name], t, 500*time.Millisecond)
			time.Sleep(700 * time.Millisecond)
		}
	})
}
