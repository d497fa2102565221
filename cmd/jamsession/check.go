package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/sharing"
	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/siteparts"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
)

type checkCommand struct {
	Deploy    bool       `help:"Also look for what is dangerous on a site that others can reach."`
	Django    djangoFile `placeholder:"FILE" help:"Also compare with the Django site of these facts."`
	JSON      bool       `help:"Print one JSON object per line for each finding, and nothing else."`
	FailLevel string     `default:"ERROR" enum:"ERROR,WARNING" help:"Exit with 1 from ERROR or WARNING on."`
}

// Help says more in --help.
func (*checkCommand) Help() string {
	return "Findings have the ids of Django's checks where Django has them. It changes nothing.\n\n" +
		"With --deploy it checks every setting as an auditor would, by OWASP's ASVS and NIST: keys, " +
		"links to the database, cache and mail, hosts and proxies, cookies, how long sessions last, " +
		"password hashes and rules, limits of guesses. It has no finding for the settings that " +
		"docs/login.md ends with.\n\n" +
		"With --django it reports what would not work between this program and a Django site that " +
		"share their sessions and users, and which lines to write where. FILE is what the script of " +
		"django-facts printed. Without FILE, or with -, it is on standard input, and may also be what " +
		"diffsettings prints, which has the keys, and says nothing about models:\n\n" +
		"python3 manage.py diffsettings --all | jamsession check --django\n\n" +
		"No key and no password is shown."
}

// Run carries the command out.
func (c *checkCommand) Run(a *app) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	findings := values(s).Check(c.Deploy)
	if c.Django == "" { // where there is one, the key is Django's
		findings = append(findings, checkKey(s)...)
	}
	more, err := c.checkTables(a, s)
	if err != nil {
		return err
	}
	findings = append(findings, more...)
	switch {
	case c.JSON:
		err = writeFindingsJSON(a.out, findings)
	case len(findings) == 0:
		_, err = fmt.Fprintln(a.out, "System check identified no issues (0 silenced).")
	default:
		writeFindings(a.err, findings)
	}
	if err != nil {
		return err
	}
	for _, f := range findings {
		if f.Level == conf.LevelError || c.FailLevel == "WARNING" {
			return errReported
		}
	}
	return nil
}

func checkKey(s *settings.Settings) []conf.Finding {
	if _, err := s.Keys(); err == nil {
		return nil
	}
	return []conf.Finding{{
		Level: conf.LevelError, ID: "jamsession.E001",
		Message: "SECRET_KEY is not set.",
		Hint:    "Make one with: jamsession secret",
	}}
}

// checkDatabase finds out whether the database can be used as it is.
func checkDatabase(a *app, s *settings.Settings) []conf.Finding {
	id := "jamsession.E002"
	var plan []string
	err := a.withDatabase(s, func(*siteparts.Database) (err error) {
		id = "jamsession.E003"
		plan, err = site.Plan(a.ctx, s, nil)
		return err
	})
	switch {
	case err != nil:
		return []conf.Finding{{
			Level: conf.LevelError, ID: id,
			Message: "The database cannot be used: " + ownWords(err.Error()),
		}}
	case len(plan) > 0:
		return []conf.Finding{{
			Level: conf.LevelWarning, ID: "jamsession.W002",
			Message: unapplied(plan),
			Hint:    "Run jamsession migrate.",
		}}
	default:
		return nil
	}
}

// without says what is lost without a table or index that is not Django's.
var without = map[string]string{
	"jamsession_throttle":    "each process counts attempts to log in for itself",
	"jamsession_login_floor": "sessions of a user cannot be ended, nor kept dead after a deactivation",
	"jamsession_device":      "users do not see where they are logged in",
}

// unapplied says what is missing. What is not Django's is missing where Django
// has made the tables.
func unapplied(plan []string) string {
	var own []string
	for _, name := range plan {
		if loss, ok := without[name]; ok {
			own = append(own, "The table "+name+" is missing: "+loss+".")
		} else if djangodb.EmailIndexName.MatchString(name) {
			own = append(own, "The index "+name+" is missing: each reset of a password reads the whole table"+
				" of users.")
		}
	}
	switch {
	case len(own) == len(plan):
		return strings.Join(own, " ")
	case len(plan) > 1:
		return fmt.Sprintf("%d migrations are not applied.", len(plan))
	default:
		return "The migration " + plan[0] + " is not applied."
	}
}

// checkTables looks at the database, and at the Django site beside it.
func (c *checkCommand) checkTables(a *app, s *settings.Settings) ([]conf.Finding, error) {
	if c.Django == "" {
		return checkDatabase(a, s), nil
	}
	findings, err := c.checkDjango(a, s)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(findings, func(f conf.Finding) bool { return f.ID == sharing.OtherUsers }) {
		return findings, nil // without a database all tables are missing
	}
	return append(checkDatabase(a, s), findings...), nil
}

// checkDjango compares with the Django site. Problems of the database itself are
// checkDatabase's to find.
func (c *checkCommand) checkDjango(a *app, s *settings.Settings) ([]conf.Finding, error) {
	django, err := c.Django.read(a)
	if err != nil {
		return nil, err
	}
	var stored *sharing.Stored
	_ = a.withDatabase(s, func(db *siteparts.Database) error {
		stored, _ = sharing.ReadStored(a.ctx, db.Readers, db.Dialect, values(s))
		return nil
	})
	return sharing.Check(django, values(s), stored), nil
}

// writeFindingsJSON writes them for programs.
func writeFindingsJSON(w io.Writer, findings []conf.Finding) error {
	for _, f := range findings {
		err := writeJSON(w, struct {
			Level   string `json:"level"` // ERROR or WARNING
			ID      string `json:"id"`
			Message string `json:"message"`
			Hint    string `json:"hint"`            // what to do; may be empty
			Paste   string `json:"paste,omitempty"` // lines that do it
		}{f.Level.String(), f.ID, f.Message, f.Hint, f.Paste})
		if err != nil {
			return err
		}
	}
	return nil
}

// writeFindings writes what Django's check writes, within 80 columns.
func writeFindings(out io.Writer, findings []conf.Finding) {
	w := new(strings.Builder)
	fmt.Fprintln(w, "System check identified some issues:")
	for _, level := range []conf.Level{conf.LevelError, conf.LevelWarning} {
		heading := fmt.Sprintf("\n%sS:\n", level)
		for _, f := range findings {
			if f.Level != level {
				continue
			}
			fmt.Fprint(w, heading)
			heading = ""
			writeFinding(w, f)
		}
	}
	noun := "issues"
	if len(findings) == 1 {
		noun = "issue"
	}
	fmt.Fprintf(w, "\nSystem check identified %d %s (0 silenced).\n", len(findings), noun)
	_, _ = io.WriteString(out, strings.ReplaceAll(w.String(), "\n\n\n", "\n\n"))
}

func writeFinding(w io.Writer, f conf.Finding) {
	message := wrap(legible(fmt.Sprintf("?: (%s) %s", f.ID, f.Message)), 80-4)
	fmt.Fprintln(w, strings.Join(message, "\n    "))
	if f.Hint != "" {
		hint := wrap(legible("HINT: "+f.Hint), 80-8)
		fmt.Fprintln(w, "\t"+strings.Join(hint, "\n\t"))
	}
	if f.Paste == "" {
		return
	}
	for line := range strings.Lines(f.Paste + "\n\n") { // as it is: others will paste it
		fmt.Fprintln(w, legible(strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "\t", "    ")))
	}
}

// wrap breaks a text into lines of at most width columns, if no word is wider.
func wrap(text string, width int) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		last := len(lines) - 1
		if last >= 0 && len(lines[last])+1+len(word) <= width {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}
