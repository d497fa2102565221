package site

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/devicekeeper"
	"github.com/jamsession/jamsession/internal/siteparts"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// Devices returns where users are logged in. It is nil if DEVICES is none, if the site has no
// users, and with "auto" while the table does not exist.
func (s *Site) Devices() *devices.Devices {
	if s.devices == nil {
		return nil
	}
	if s.Auth != nil { // the table may have come since the last request
		devicekeeper.Attach(s.Auth)
	}
	return s.devices.now()
}

// keepsDevices reports whether logins have rows in the database.
func (s *Site) keepsDevices() bool {
	return !s.opts.NoUsers && s.conf.Devices != "none" && s.needsDatabase()
}

// ownDevices reports whether these are in a table of ours, and not in one of Django's.
func (s *Site) ownDevices() bool { return s.keepsDevices() && s.conf.Devices != "allauth" }

func (s *Site) openDevices(ctx context.Context) error {
	if !s.keepsDevices() {
		return nil
	}
	source, err := s.sourceOf()
	if err != nil {
		return err
	}
	push, err := s.openPush()
	if err != nil {
		return err
	}
	open := func(ctx context.Context) (*devices.Devices, error) {
		return devices.New(ctx, s.Database, s.keys, s.deviceOptions(source, push))
	}
	s.devices = &lateDevices{open: open, timeout: s.conf.StoreTimeout}
	s.keep(s.devices)
	err = s.devices.look(ctx)
	if errors.Is(err, django.ErrNotMigrated) && s.conf.Devices == "auto" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("site: %w", err)
	}
	return nil
}

func (s *Site) deviceOptions(
	source func(*http.Request) string, push siteparts.Push,
) *devices.Options {
	o := &devices.Options{
		Store:      s.Store,
		AllAuth:    s.conf.Devices == "allauth",
		Source:     source,
		AddressAge: s.conf.DeviceAddressAge,
		Max:        s.conf.DeviceLimit,
		Timeout:    s.conf.StoreTimeout,
		Logger:     s.opts.Logger,
		Address: map[string]devices.AddressKind{
			"full": devices.AddressFull, "none": devices.AddressNone,
		}[s.conf.DeviceAddress],
		WhenFull: map[string]devices.Policy{
			"refuse": devices.Refuse, "ask": devices.Ask,
		}[s.conf.DeviceLimitPolicy],
	}
	if push != nil {
		o.Push = push
	}
	if s.opts.Devices != nil {
		s.opts.Devices(o)
	}
	s.watchDevices(o)
	return o
}

// sourceOf returns the function that says where a request is from. It is that of a limiter,
// which knows the proxies of the site.
func (s *Site) sourceOf() (func(*http.Request) string, error) {
	memory, err := throttle.NewMemory(1)
	if err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	limiter, err := throttle.New(memory, s.keys, s.limiterOptions(throttle.Options{Purpose: "devices"}))
	if err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	return limiter.SourceOf, nil
}

// lateDevices are there as soon as their table is.
type lateDevices struct {
	open    func(context.Context) (*devices.Devices, error)
	timeout time.Duration
	devices atomic.Pointer[devices.Devices] // nil: the table does not exist
	looked  atomic.Int64                    // when that was found out, in microseconds
}

// look finds out whether the table exists.
func (l *lateDevices) look(ctx context.Context) error {
	l.looked.Store(time.Now().UnixMicro())
	d, err := l.open(ctx)
	if err == nil && !l.devices.CompareAndSwap(nil, d) {
		err = d.Close() // another look was faster
	}
	return err
}

// now returns the devices. One call a minute looks for the table.
func (l *lateDevices) now() *devices.Devices {
	if d := l.devices.Load(); d != nil {
		return d
	}
	at, last := time.Now().UnixMicro(), l.looked.Load()
	recent := last <= at && at < last+lookEvery
	if recent || !l.looked.CompareAndSwap(last, at) {
		return nil
	}
	ctx, cancel := timelimit.Within(context.Background(), l.timeout)
	defer cancel()
	_ = l.look(ctx) // no table, or an outage: there are no devices yet
	return l.devices.Load()
}

// Keeper implements [auth.DeviceKeeper].
func (l *lateDevices) Keeper() devicekeeper.Keeper {
	if d := l.now(); d != nil {
		return d.Keeper()
	}
	return nil
}

// Close writes what waits.
func (l *lateDevices) Close() error {
	if d := l.devices.Load(); d != nil {
		return d.Close()
	}
	return nil
}
