package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

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

func (c *listCommand) run(a *app, site *site.Site, names *usernames) error {
	found := &search{user: c.User}
	if c.Order == "stored" && !c.Reverse {
		found.limit = c.Limit
	}
	if err := found.run(a, site, names); err != nil {
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
	if c.JSON {
		return writeJSONLines(a.out, list)
	}
	return writeTable(a.out, list)
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
	User        string    `json:"user"`   // the id; empty if anonymous
	Name        string    `json:"name"`   // of the user; empty if anonymous, gone or not known
	Device      string    `json:"device"` // the id of the login's device; empty if there is none
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
		user, _ := items.Get("_auth_user_id") // text, or a number if not from Django
		s.User = strings.Trim(string(legibleJSON(user)), `"`)
		device, _ := items.Get("_device")
		s.Device = strings.Trim(string(legibleJSON(device)), `"`)
		s.Items = items.Len()
	}
	return s
}

func writeTable(w io.Writer, list []summary) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "No sessions.")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "FINGERPRINT\tID\tUSER\tEXPIRES (UTC)\tIN\tBYTES\tITEMS")
	for _, s := range list {
		items := fmt.Sprint(s.Items)
		if s.Items < 0 {
			items = "unreadable"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%d\t%s\n", s.Fingerprint, column(s.User, 24), column(s.Name, 18),
			s.Expires.Format("2006-01-02 15:04"), roughly(time.Until(s.Expires)), s.Size, items)
	}
	return t.Flush()
}

// column returns a text for a table, of at most so many characters.
func column(text string, most int) string {
	text = legible(text)
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most-1]) + "…"
	}
	return cmp.Or(text, "-")
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
