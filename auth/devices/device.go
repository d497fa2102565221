package devices

import (
	"strconv"
	"strings"
	"time"
)

// A Device is a login that is alive.
type Device struct {
	ID      string // for forms: it opens nothing
	Name    string // which its user has given it; "" for none
	Browser string // in words: "Firefox on Linux"
	Address string // from which it was last seen, as Options.Address says; "" if not known
	Method  string // by which its user logged in: "password", "other", and "django" or "earlier" if adopted
	Created time.Time
	Seen    time.Time // to five minutes
	Current bool      // it is the visitor's own
}

// device returns what people see of a row.
func (d *Devices) device(r row, own string, now time.Time) Device {
	v := Device{
		ID: r.id, Name: r.name, Browser: browserOf(r.agent), Address: r.address, Method: r.method,
		Created: time.UnixMicro(r.created), Seen: time.UnixMicro(r.seen), Current: r.id == own,
	}
	if age := d.opts.AddressAge; age > 0 && now.Sub(v.Seen) > age {
		v.Address = ""
	}
	return v
}

// String returns what a page can say in one line: "Firefox on Linux · active 3 minutes ago ·
// this device".
func (d Device) String() string {
	parts := []string{d.Browser, d.Active()}
	if d.Name != "" {
		parts = []string{d.Name, d.Browser, d.Active()}
	}
	if d.Current {
		parts = append(parts, "this device")
	}
	return strings.Join(parts, " · ")
}

// Active says in words when the device was last seen: "active 3 minutes ago".
func (d Device) Active() string {
	age := time.Since(d.Seen)
	switch {
	case d.Current || age < 6*time.Minute: // it is written every five minutes
		return "active now"
	case age < time.Hour:
		return "active " + count(int(age/time.Minute), "minute") + " ago"
	case age < 24*time.Hour:
		return "active " + count(int(age/time.Hour), "hour") + " ago"
	default:
		return "active " + count(int(age/(24*time.Hour)), "day") + " ago"
	}
}

func count(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return strconv.Itoa(n) + " " + unit + "s"
}
