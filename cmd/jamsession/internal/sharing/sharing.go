// Package sharing says in plain words what would not work between a Django
// site and a Go program that are to share sessions and users.
//
// A rule is a function or, if two settings must be equal, a line in a table.
// The texts of the findings are in findings.toml. No finding shows a key or a
// password.
package sharing

import (
	"cmp"
	"slices"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/diffsettings"
	"github.com/jamsession/jamsession/cmd/jamsession/internal/facts"
	"github.com/jamsession/jamsession/internal/conf"
)

// A Django is what is known of the Django site.
type Django struct {
	Settings diffsettings.Settings
	Facts    *facts.Facts // nil if there are only settings
}

// FromFacts returns what facts say of a Django site.
func FromFacts(f *facts.Facts) Django { return Django{f.AsSettings(), f} }

// A site is the Django site and the Go program that are compared.
type site struct {
	django diffsettings.Settings
	facts  *facts.Facts // empty if there are none
	here   *conf.Settings
	stored *Stored
	lines  []line // that share what Django does
}

func newSite(django Django, here *conf.Settings, stored *Stored) site {
	s := site{django: django.Settings, facts: django.Facts, here: here, stored: stored}
	if s.facts == nil {
		s.facts = new(facts.Facts)
	}
	if s.stored == nil {
		s.stored = new(Stored)
	}
	s.lines = s.allLines()
	return s
}

// rules are all rules. Each returns what it finds.
var rules = []func(site) []conf.Finding{
	site.settingsFile, site.secretKey, site.fallbackKeys, site.legacyHashes,
	site.engine, site.customSerializer, site.cache, site.files,
	site.database, site.timeZone,
	site.sessionModel, site.apps, site.devices,
	site.userModel, site.backends, site.middleware, site.hashers, site.storedHashes, site.iterations,
	site.equalSettings, site.secureCookies, site.limitsOfOneSide,
	site.origins, site.proxy, site.messages,
}

// Check compares a Django site with the settings of this program, and with
// what its database holds: stored may be nil if it cannot be asked.
// Errors come first.
func Check(django Django, here *conf.Settings, stored *Stored) []conf.Finding {
	s := newSite(django, here, stored)
	var findings []conf.Finding
	for _, rule := range rules {
		findings = append(findings, rule(s)...)
	}
	slices.SortStableFunc(findings, func(a, b conf.Finding) int { return cmp.Compare(b.Level, a.Level) })
	return findings
}

// settingsFile notices that there was no file to compare with, as in the folder of manage.py:
// then most other findings are about defaults that nobody has chosen.
func (s site) settingsFile() []conf.Finding {
	if s.here.File != "" {
		return nil
	}
	return s.finding("no_settings_file", fields{"File": conf.DefaultFile})
}

// text returns a setting that is text or None. If it is something else it
// adds a finding that it was not understood.
func (s site) text(name string, findings *[]conf.Finding) (string, bool) {
	switch v := s.django[name].(type) {
	case nil:
		return "", true
	case string:
		return v, true
	}
	*findings = append(*findings, s.notUnderstood(name)...)
	return "", false
}

// texts returns a setting that is a list of texts.
func (s site) texts(name string, findings *[]conf.Finding) ([]string, bool) {
	list, ok := asTexts(s.django[name])
	if !ok {
		*findings = append(*findings, s.notUnderstood(name)...)
	}
	return list, ok
}

func asTexts(value any) ([]string, bool) {
	values, ok := value.([]any)
	if !ok {
		return nil, value == nil
	}
	var list []string
	for _, v := range values {
		text, ok := v.(string)
		if !ok {
			return nil, false
		}
		list = append(list, text)
	}
	return list, true
}

// truth returns whether Python takes a setting for true.
func (s site) truth(name string) bool {
	switch v := s.django[name].(type) {
	case nil:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case string:
		return v != ""
	}
	return true
}

func (s site) has(name string) bool {
	_, ok := s.django[name]
	return ok
}
