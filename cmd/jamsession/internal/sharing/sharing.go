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
	"github.com/jamsession/jamsession/internal/conf"
)

// A site is the Django site and the Go program that are compared.
type site struct {
	django diffsettings.Settings
	here   *conf.Settings
	facts  *Facts
}

// rules are all rules. Each returns what it finds.
var rules = []func(site) []conf.Finding{
	site.settingsFile, site.secretKey, site.fallbackKeys, site.legacyHashes,
	site.engine, site.customSerializer, site.cache, site.files,
	site.database, site.timeZone,
	site.userModel, site.backends, site.middleware, site.hashers, site.storedHashes, site.iterations,
	site.equalSettings, site.secureCookies, site.limitsOfOneSide,
	site.origins, site.proxy, site.messages,
}

// Check compares a Django site's settings with those of this program, and
// with what its database holds: facts may be nil if it cannot be asked.
// Errors come first.
func Check(django diffsettings.Settings, here *conf.Settings, facts *Facts) []conf.Finding {
	s := site{django, here, facts}
	if facts == nil {
		s.facts = new(Facts)
	}
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
	return finding("no_settings_file", fields{"File": conf.DefaultFile})
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
	*findings = append(*findings, notUnderstood(name)...)
	return "", false
}

// texts returns a setting that is a list of texts.
func (s site) texts(name string, findings *[]conf.Finding) ([]string, bool) {
	list, ok := asTexts(s.django[name])
	if !ok {
		*findings = append(*findings, notUnderstood(name)...)
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
