package devices

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

var errUser = errors.New("the user's ID is empty or longer than 255 characters")

// A LimitError refuses a login, since the user is logged in on as many devices as may be. It
// is an [http.Handler], by which session.Abort answers 409 with a line of text. A page of
// your own shows the devices instead, and asks which is to end.
type LimitError struct {
	Max     int
	Devices []Device // with [Ask], those of the user, the last seen first; nil otherwise
}

// Error says how many devices there can be.
func (e *LimitError) Error() string {
	return fmt.Sprintf("devices: the user is logged in on %d devices already", e.Max)
}

// ServeHTTP answers 409.
func (e *LimitError) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, fmt.Sprintf("You are logged in on %d devices, which is as many as you may have."+
		" Log out on one of them, and try again.", e.Max), http.StatusConflict)
}

// tooMany returns the rows that have to end before another device can be added, of rows that
// are sorted by when they were last seen.
func (d *Devices) tooMany(others []row, now time.Time) []row {
	if d.opts.Max == 0 {
		return nil
	}
	live := slices.DeleteFunc(slices.Clone(others), func(r row) bool { return !r.isLive(now) })
	return live[:max(0, len(live)-(d.opts.Max-1))]
}

// refusal is the error for these rows.
func (d *Devices) refusal(rows []row) *LimitError {
	e := &LimitError{Max: d.opts.Max}
	if d.opts.WhenFull != Ask {
		return e
	}
	now := time.Now()
	for _, r := range slices.Backward(rows) {
		if r.isLive(now) {
			e.Devices = append(e.Devices, d.device(r, "", now))
		}
	}
	return e
}
