package devices_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/authtest"
	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

// brokenFloors cannot raise a floor now.
type brokenFloors struct{ *sqlusers.Users }

func (brokenFloors) RaiseLoginFloor(context.Context, string) (time.Time, error) {
	return time.Time{}, errors.New("the table is locked")
}

// noFloors is a backend that keeps none.
type noFloors struct{ auth.Backend }

func (noFloors) Name() string { return "example.NoFloors" }

// TestEndAllFailsWithAnyFloor: a backend without floors does not excuse another that could not
// raise its floor.
func TestEndAllFailsWithAnyFloor(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{})
	works := noerror.In(auth.NewModelBackend(s.users, authtest.Hashers()))
	broken := noerror.In(auth.NewModelBackend(brokenFloors{s.users}, authtest.Hashers()))
	for name, c := range map[string]struct {
		backends []auth.Backend
		fails    bool
	}{
		"broken":   {[]auth.Backend{noFloors{works}, broken}, true},
		"at last":  {[]auth.Backend{broken, noFloors{works}}, true},
		"works":    {[]auth.Backend{works, noFloors{works}}, false},
		"keeps no": {[]auth.Backend{noFloors{works}}, false},
	} {
		noerror.In(auth.New(s.users, keys, &auth.Options{
			Devices: s.devices, Backends: c.backends, Logger: quiet, Hashers: authtest.Hashers(),
		}))
		_, err := s.devices.EndAll(t.Context(), s.ids["alice"])
		if failed := errors.Is(err, session.ErrUnavailable); failed != c.fails || !c.fails && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
