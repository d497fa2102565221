package site_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
)

// TestDevicesAreThereOnceTheirTableIs: with "auto" a site on a database that only Django has
// migrated has none, and logins from before are adopted.
func TestDevicesAreThereOnceTheirTableIs(t *testing.T) {
	s := settingsOf(t, tempFile(t), map[string]string{"DEVICES": "none"})
	if err := site.Migrate(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	file := conf.Of(s).DatabaseURL.Reveal()
	with := func(kind string) *settings.Settings {
		return settingsOf(t, "", map[string]string{"DATABASE_URL": file, "DEVICES": kind})
	}
	if here := openWith(t, with("none"), nil); here.Devices() != nil {
		t.Error("there are devices with none")
	}
	if _, err := site.Open(t.Context(), with("db"), nil); !errors.Is(err, django.ErrNotMigrated) {
		t.Errorf("DEVICES=db without the table: error %v", err)
	}
	here := openWith(t, with("auto"), nil)
	addUser(t, here)
	base, client := serve(t, here)
	key := logIn(t, base, client)
	if here.Devices() != nil {
		t.Error("there are devices without a table")
	}
	plan, err := site.Plan(t.Context(), with("auto"), nil)
	if err != nil || !slices.Equal(plan, []string{"jamsession_device"}) {
		t.Errorf("plan %q, error %v", plan, err)
	}
	if err := site.Migrate(t.Context(), with("auto"), nil); err != nil {
		t.Fatal(err)
	}
	if here.Devices() != nil {
		t.Error("the table is looked for more than once a minute")
	}
	here.LookForDevices()
	if got := me(t, base, key); got != "200 alice" {
		t.Errorf("a login from before: %s", got)
	}
	list, err := here.Devices().ListUser(t.Context(), "1")
	if err != nil || len(list) != 1 || list[0].Method != "earlier" {
		t.Errorf("devices %v, error %v", list, err)
	}
}

// TestEndAllRaisesTheFloorBeforeAnyRequest: a command and an administrator's job make none,
// and the logins that have no row end all the same.
func TestEndAllRaisesTheFloorBeforeAnyRequest(t *testing.T) {
	for name, late := range map[string]bool{"the table is there": false, "it comes later": true} {
		t.Run(name, func(t *testing.T) {
			before := map[bool]string{false: "auto", true: "none"}[late]
			s := settingsOf(t, tempFile(t), map[string]string{"DEVICES": before})
			if err := site.Migrate(t.Context(), s, nil); err != nil {
				t.Fatal(err)
			}
			s = settingsOf(t, "", map[string]string{"DATABASE_URL": conf.Of(s).DatabaseURL.Reveal()})
			here := openWith(t, s, nil)
			addUser(t, here)
			if late {
				if err := site.Migrate(t.Context(), s, nil); err != nil {
					t.Fatal(err)
				}
				here.LookForDevices()
			}
			if _, err := here.Devices().EndAll(t.Context(), "1"); err != nil {
				t.Fatal(err)
			}
			if floor, err := here.Users().LoginFloor(t.Context(), "1"); err != nil || floor.IsZero() {
				t.Errorf("the floor is %v, error %v", floor, err)
			}
		})
	}
}

// TestDeviceSettingsAreOptions, which a program can change.
func TestDeviceSettingsAreOptions(t *testing.T) {
	var got devices.Options
	s := settingsOf(t, tempFile(t), map[string]string{
		"DEVICE_LIMIT": "3", "DEVICE_LIMIT_POLICY": "ask", "DEVICE_ADDRESS": "full", "DEVICE_ADDRESS_AGE": "60",
		"TRUSTED_PROXIES": "192.0.2.0/24",
	})
	if err := site.Migrate(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	openWith(t, s, &site.Options{Devices: func(o *devices.Options) { got = *o }})
	r, _ := http.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = "192.0.2.1:80"
	r.Header.Set("X-Forwarded-For", "198.51.100.7")
	if got.Max != 3 || got.WhenFull != devices.Ask || got.Address != devices.AddressFull ||
		got.AddressAge.Seconds() != 60 || got.Store == nil || got.Source(r) != "198.51.100.7/32" {
		t.Errorf("options %+v", got)
	}
}

// TestAllauthNeedsWhatDjangoMakes: the site says what to do, and does not make the table.
func TestAllauthNeedsWhatDjangoMakes(t *testing.T) {
	s := settingsOf(t, tempFile(t), map[string]string{"DEVICES": "allauth"})
	if err := site.Migrate(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	if plan, err := site.Plan(t.Context(), s, nil); err != nil || len(plan) != 0 {
		t.Errorf("plan %q, error %v", plan, err)
	}
	_, err := site.Open(t.Context(), s, nil)
	if err == nil || errors.Is(err, django.ErrNotMigrated) || !strings.Contains(err.Error(), "INSTALLED_APPS") {
		t.Errorf("without the table: error %v", err)
	}
	_, err = site.Open(t.Context(), s, &site.Options{Sessions: func(o *session.Options) { o.HashKeys = true }})
	if err == nil || !strings.Contains(err.Error(), "HashKeys") {
		t.Errorf("with hashed keys: error %v", err)
	}
}
