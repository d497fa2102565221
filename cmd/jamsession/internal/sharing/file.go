package sharing

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/internal/conf"
)

// head is the beginning of the file. Like all comments it has no text of Django's.
const head = `# Settings that share the login of a Django site. The names are Django's; the documentation of
# package settings lists them all, with what holds where nothing is said.
#
# Secrets do not belong into this file: give them in the environment.
#   SECRET_KEY             Django's; commands find it in the file secret_key, too
#   SECRET_KEY_FALLBACKS   Django's, if it has any
#   DATABASE_URL           the one below, with the password: ://user:password@host
#   CACHE_URL              likewise, if the cache has a password
`

// A File is a jamsession.toml that shares a Django site's login.
type File struct {
	Text     string
	Findings []conf.Finding // what it cannot share
}

// NewFile returns the settings that share the login. ownPages are the lines of
// a program that has a login page of its own, and otherwise empty: then Django's
// page is the only one.
func NewFile(django Django, ownPages string) (File, error) {
	s := newSite(django, new(conf.Settings), nil)
	lines := slices.DeleteFunc(slices.Clone(s.lines), func(l line) bool {
		isPage := strings.HasPrefix(l.name, "LOG") && strings.HasSuffix(l.name, "_URL")
		return l.isDefault() || isPage && ownPages != ""
	})
	lines, refused, err := accepted(lines)
	if err != nil {
		return File{}, err
	}
	file := File{Text: written(lines)}
	if ownPages != "" {
		file.Text += "\n# The program's own pages, beside Django's.\n" + ownPages
	}
	for _, l := range refused {
		file.Findings = append(file.Findings, s.finding("line_refused", fields{"Name": l.name})...)
	}
	here, err := load(file.Text)
	if err != nil {
		return File{}, err
	}
	for _, f := range Check(django, here, nil) {
		if f.ID != missingKey { // which is to be given in the environment
			file.Findings = append(file.Findings, f)
		}
	}
	return file, nil
}

// written returns the file with these lines. Lines with one reason stand together.
func written(lines []line) string {
	var b strings.Builder
	b.WriteString(head)
	why := ""
	for _, l := range lines {
		if l.why() != why {
			b.WriteString("\n# " + l.why() + "\n")
		}
		why = l.why()
		b.WriteString(l.String() + "\n")
	}
	return b.String()
}

// accepted divides the lines into those that this program takes, and others,
// which might be a domain that browsers refuse.
func accepted(lines []line) (good, refused []line, err error) {
	for {
		_, err := load(written(lines))
		if err == nil {
			return lines, refused, nil
		}
		i := slices.IndexFunc(lines, func(l line) bool {
			name, _, _ := strings.Cut(l.name, ".")
			return strings.Contains(err.Error(), "settings: "+name+" ")
		})
		if i < 0 {
			return nil, nil, fmt.Errorf("the settings would not be valid: %w", err)
		}
		refused = append(refused, lines[i])
		lines = slices.Delete(slices.Clone(lines), i, i+1)
	}
}

// load reads settings as a program does that has the file in its folder.
func load(text string) (*conf.Settings, error) {
	dir, err := os.MkdirTemp("", "jamsession-init-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	name := filepath.Join(dir, conf.DefaultFile)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return conf.Load(conf.Sources{File: name})
}
