package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
)

type sessionsCommands struct {
	List   listCommand   `cmd:"" help:"List the sessions that have not expired."`
	Show   showCommand   `cmd:"" help:"Show what a session holds."`
	Delete deleteCommand `cmd:"" help:"Delete sessions; their visitors are logged out."`
}

// Help says more in --help.
func (*sessionsCommands) Help() string {
	return "A session is named by its fingerprint, or the beginning of it, or by its key. Keys " +
		"are never printed, since they open the session."
}

// A summary is a session in a list.
type summary struct {
	Fingerprint string    `json:"fingerprint"`
	User        string    `json:"user"` // the id; empty if anonymous
	Expires     time.Time `json:"expires"`
	Size        int       `json:"size"`  // bytes in the store
	Items       int       `json:"items"` // -1 if the data is corrupt
}

type listCommand struct {
	JSON  bool   `help:"One JSON object a line."`
	User  string `help:"Only those of the user with this id." placeholder:"ID"`
	Limit int    `default:"0" help:"At most so many; 0 is all." placeholder:"N"`
}

// Run carries the command out.
func (c *listCommand) Run(a *app) error {
	return a.withSite(true, func(site *settings.Site) error { return c.run(a, site) })
}

func (c *listCommand) run(a *app, site *settings.Site) error {
	var list []summary
	for rec, err := range session.List(a.ctx, site.Store) {
		if err != nil {
			return err
		}
		s := summarize(site, rec)
		if c.User != "" && s.User != c.User {
			continue
		}
		list = append(list, s)
		if len(list) == c.Limit {
			break
		}
	}
	if c.JSON {
		return writeLines(a.out, list)
	}
	return writeTable(a.out, list)
}

func summarize(site *settings.Site, rec session.Record) summary {
	s := summary{session.Fingerprint(rec.Key), "", rec.Expiry.UTC(), len(rec.Data), -1}
	if items, err := decodeItems(site, rec); err == nil {
		s.Items = len(items)
		s.User = strings.Trim(string(items["_auth_user_id"]), `"`)
	}
	return s
}

// decodeItems returns the items of a record by name.
func decodeItems(site *settings.Site, rec session.Record) (map[string]json.RawMessage, error) {
	text, err := site.Sessions.Items(rec)
	if err != nil {
		return nil, err
	}
	return splitItems(text)
}

func writeLines(w io.Writer, list []summary) error {
	enc := json.NewEncoder(w)
	for _, s := range list {
		if err := enc.Encode(s); err != nil {
			return err
		}
	}
	return nil
}

func writeTable(w io.Writer, list []summary) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "No sessions.")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "FINGERPRINT\tUSER\tEXPIRES (UTC)\tIN\tBYTES\tITEMS")
	for _, s := range list {
		user, items := s.User, fmt.Sprint(s.Items)
		if user == "" {
			user = "-"
		}
		if s.Items < 0 {
			items = "corrupt"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\n", s.Fingerprint, user,
			s.Expires.Format("2006-01-02 15:04"), roughly(time.Until(s.Expires)), s.Size, items)
	}
	return t.Flush()
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

type showCommand struct {
	Session string `arg:"" help:"Fingerprint or key."`
	JSON    bool   `help:"One JSON object, with the items in it."`
	Reveal  bool   `help:"Also show items that are secret."`
}

// Run carries the command out.
func (c *showCommand) Run(a *app) error {
	return a.withSite(true, func(site *settings.Site) error { return c.run(a, site) })
}

func (c *showCommand) run(a *app, site *settings.Site) error {
	rec, err := find(a, site, c.Session)
	if err != nil {
		return err
	}
	items, err := decodeItems(site, rec)
	if errors.Is(err, session.ErrCorrupt) {
		return fmt.Errorf("session %s: its data is damaged or signed with another SECRET_KEY",
			session.Fingerprint(rec.Key))
	}
	if err != nil {
		return err
	}
	if !c.Reveal {
		hideSecrets(items)
	}
	if c.JSON {
		return writeShown(a.out, rec, items)
	}
	fmt.Fprintf(a.out, "fingerprint  %s\nexpires      %s (in %s)\n\n", session.Fingerprint(rec.Key),
		rec.Expiry.UTC().Format(time.RFC3339), roughly(time.Until(rec.Expiry)))
	return writeItems(a.out, items)
}

// secretItems can be used against their visitor.
var secretItems = []string{"_auth_user_hash", "_csrftoken", "_password_reset_token"}

func hideSecrets(items map[string]json.RawMessage) {
	for _, name := range secretItems {
		if _, ok := items[name]; ok {
			items[name] = json.RawMessage(`"(secret, see --reveal)"`)
		}
	}
}

// writeShown writes a session as JSON. What Python writes in place of some
// numbers, such as NaN, is no JSON and becomes text.
func writeShown(w io.Writer, rec session.Record, items map[string]json.RawMessage) error {
	for name, raw := range items {
		if !json.Valid(raw) {
			items[name] = json.RawMessage(strconv.QuoteToASCII(string(raw)))
		}
	}
	return json.NewEncoder(w).Encode(struct {
		Fingerprint string                     `json:"fingerprint"`
		Expires     time.Time                  `json:"expires"`
		Items       map[string]json.RawMessage `json:"items"`
	}{session.Fingerprint(rec.Key), rec.Expiry.UTC(), items})
}

// writeItems writes a line for each item. A name that would do something to
// the terminal is quoted; values are JSON and cannot.
func writeItems(w io.Writer, items map[string]json.RawMessage) error {
	for _, name := range slices.Sorted(maps.Keys(items)) {
		shown := name
		if quoted := strconv.Quote(name); quoted != `"`+name+`"` {
			shown = quoted
		}
		if _, err := fmt.Fprintf(w, "%s = %s\n", shown, items[name]); err != nil {
			return err
		}
	}
	return nil
}

// find returns the session that is meant. A key is found at once, and a
// fingerprint by looking at all.
func find(a *app, site *settings.Site, name string) (session.Record, error) {
	rec, err := site.Store.Load(a.ctx, name)
	if err == nil || !errors.Is(err, session.ErrNotFound) {
		return rec, err
	}
	var found []session.Record
	for rec, err := range session.List(a.ctx, site.Store) {
		if err != nil {
			return session.Record{}, err
		}
		if len(name) >= 4 && strings.HasPrefix(session.Fingerprint(rec.Key), strings.ToLower(name)) {
			found = append(found, rec)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return session.Record{}, errors.New("there is no such session: see jamsession sessions list")
	default:
		return session.Record{}, fmt.Errorf("%d sessions have a fingerprint like this: give more of it",
			len(found))
	}
}

type deleteCommand struct {
	Sessions []string `arg:"" name:"session" help:"Fingerprints or keys."`
}

// Run carries the command out.
func (c *deleteCommand) Run(a *app) error {
	return a.withSite(true, func(site *settings.Site) error { return c.run(a, site) })
}

func (c *deleteCommand) run(a *app, site *settings.Site) error {
	for _, name := range c.Sessions {
		rec, err := find(a, site, name)
		if err != nil {
			return err
		}
		if err := site.Store.Delete(a.ctx, rec.Key); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "Session %s deleted.\n", session.Fingerprint(rec.Key))
	}
	return nil
}
