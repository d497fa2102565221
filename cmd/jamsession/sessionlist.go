package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
)

type listCommand struct {
	JSON  bool   `help:"Print one JSON object per line."`
	User  string `help:"List only sessions of the user with this id." placeholder:"ID"`
	Limit int    `default:"0" help:"List at most N; 0 lists all." placeholder:"N"`
}

// Run carries the command out.
func (c *listCommand) Run(a *app) error {
	if c.Limit < 0 {
		return fmt.Errorf("--limit must not be negative: %w", errUsage)
	}
	return a.withSessions(func(site *site.Site) error { return c.run(a, site) })
}

func (c *listCommand) run(a *app, site *site.Site) error {
	var list []summary
	for rec, err := range session.List(a.ctx, site.Store) {
		if err != nil {
			return listError(site, err)
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

// A summary is a session in a list.
type summary struct {
	Fingerprint string    `json:"fingerprint"`
	User        string    `json:"user"` // the id; empty if anonymous
	Expires     time.Time `json:"expires"`
	Size        int       `json:"size"`  // bytes in the store
	Items       int       `json:"items"` // -1 if the data is corrupt
}

func summarize(site *site.Site, rec session.Record) summary {
	s := summary{session.Fingerprint(rec.Key), "", rec.Expiry.UTC(), len(rec.Data), -1}
	if items, err := decodeItems(site, rec); err == nil {
		user, _ := items.Get("_auth_user_id") // text, or a number if not from Django
		s.User = strings.Trim(string(ascii(user)), `"`)
		s.Items = items.Len()
	}
	return s
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
