package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
)

type listCommand struct {
	JSON    bool   `help:"Print one JSON object per line."`
	User    string `help:"List only sessions of this user, by name or id." placeholder:"NAME"`
	Limit   int    `default:"0" help:"List at most N; 0 lists all." placeholder:"N"`
	Order   string `default:"stored" enum:"${orders}" help:"One of ${orders}."`
	Reverse bool   `help:"Turn the order around."`
}

// Help says more in --help.
func (*listCommand) Help() string {
	return "The order is that of the store unless --order gives one: by the end of the sessions, the " +
		"name of the user, the size or the number of items, from the least on. If a user has the id of " +
		"another as a name, id:22 is the id."
}

// Run carries the command out.
func (c *listCommand) Run(a *app) error {
	if c.Limit < 0 {
		return fmt.Errorf("--limit must not be negative: %w", errUsage)
	}
	return a.withNames(func(site *site.Site, names *usernames) error { return c.run(a, site, names) })
}

func (c *listCommand) run(a *app, site *site.Site, users *usernames) error {
	found := &search{user: c.User}
	if c.Order == "stored" && !c.Reverse {
		found.limit = c.Limit
	}
	if err := found.run(a, site, users); err != nil {
		return err
	}
	list := found.list
	if less, ok := orders[c.Order]; ok {
		slices.SortStableFunc(list, less)
	}
	if c.Reverse {
		slices.Reverse(list)
	}
	if c.Limit > 0 {
		list = list[:min(c.Limit, len(list))]
	}
	names := devicesOf(site)
	for i, s := range list {
		var err error
		if list[i].DeviceName, err = names.of(a.ctx, s.User, s.Device); err != nil {
			return err
		}
	}
	if c.JSON {
		return writeJSONLines(a.out, list)
	}
	return writeSessions(a.out, list)
}

// orders are those of --order that are not the store's.
var orders = map[string]func(a, b summary) int{
	"expires": func(a, b summary) int { return a.Expires.Compare(b.Expires) },
	"user": func(a, b summary) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.User, b.User))
	},
	"size":  func(a, b summary) int { return cmp.Compare(a.Size, b.Size) },
	"items": func(a, b summary) int { return cmp.Compare(a.Items, b.Items) },
}

// A summary is a session in a list.
type summary struct {
	Fingerprint string    `json:"fingerprint"`
	User        string    `json:"user"`        // the id; empty if anonymous
	Name        string    `json:"name"`        // of the user; empty if anonymous, gone or not known
	Device      string    `json:"device"`      // the id of the login's device; empty if there is none
	DeviceName  string    `json:"device_name"` // see devicenames.of
	Expires     time.Time `json:"expires"`
	Size        int       `json:"size"`  // bytes in the store
	Items       int       `json:"items"` // -1 if they cannot be read

	key string
}

func summarize(site *site.Site, rec session.Record) summary {
	s := summary{
		Fingerprint: session.Fingerprint(rec.Key), Expires: rec.Expiry.UTC(), Size: len(rec.Data), Items: -1,
		key: rec.Key,
	}
	if items, err := decodeItems(site, rec); err == nil {
		s.User, s.Device = loginOf(items)
		s.Items = items.Len()
	}
	return s
}

// loginOf returns the ids of the user and of the device of a session's login.
func loginOf(items rawjson.Object) (user, device string) {
	text := func(name string) string { // or a number if not from Django
		raw, _ := items.Get(name)
		return strings.Trim(string(legibleJSON(raw)), `"`)
	}
	return text("_auth_user_id"), text("_device")
}

func writeSessions(w io.Writer, list []summary) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "No sessions.")
		return err
	}
	var rows [][]string
	for _, s := range list {
		items := strconv.Itoa(s.Items)
		if s.Items < 0 {
			items = "unreadable"
		}
		rows = append(rows, []string{
			s.Fingerprint, s.User, s.Name, s.DeviceName, roughly(time.Until(s.Expires)),
			strconv.Itoa(s.Size), items,
		})
	}
	return writeTable(w, []column{
		{"FINGERPRINT", 0},
		{"ID", 4},
		{"USER", 6},
		{"DEVICE", 10},
		{"EXPIRES IN", 0},
		{"BYTES", 0},
		{"ITEMS", 0},
	}, rows)
}

// roughly writes a time in its largest unit.
func roughly(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d min", d/time.Minute)
	default:
		return fmt.Sprintf("%d s", d/time.Second)
	}
}
