package sharing

import (
	"slices"
	"strings"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/tomltext"
	"github.com/jamsession/jamsession/internal/conf"
)

// usualPrefixes begin the keys of Django's engines in a cache.
var usualPrefixes = map[string]string{
	"cache": "django.contrib.sessions.cache", "cached_db": "django.contrib.sessions.cached_db",
}

// sessionModel compares what an engine of the site's own changes.
func (s site) sessionModel() []conf.Finding {
	f := s.facts.Session
	if f == nil || f.Base == "" || f.Base != s.here.SessionEngine {
		return nil
	}
	var findings []conf.Finding
	if f.Format == "own" {
		findings = append(findings, s.finding("session_format", fields{"Django": f.Store})...)
	}
	for _, l := range s.linesFor("SESSION_TABLE", "SESSION_SALT", "SESSION_COLUMNS") {
		here, there := s.here.Get(l.name), tomltext.Read(l.value)
		if sorted(here) != sorted(there) {
			values := fields{"Django": shown(there), "Here": shown(here)}
			findings = append(findings, s.finding(l.name, values)...)
		}
	}
	if f.OwnAge {
		findings = append(findings, s.finding("session_age", fields{"Django": f.Store})...)
	}
	if usual := usualPrefixes[f.Base]; usual != "" && f.CacheKeyPrefix != usual {
		values := fields{"Django": f.CacheKeyPrefix, "Usual": usual}
		findings = append(findings, s.finding("cache_key_prefix", values)...)
	}
	return append(findings, s.unfilledColumns()...)
}

// sorted brings a list into one order.
func sorted(written string) string {
	list := strings.Split(written, ",")
	slices.Sort(list)
	return strings.Join(list, ",")
}

// unfilledColumns are those that a session which is saved here leaves empty.
func (s site) unfilledColumns() []conf.Finding {
	var findings []conf.Finding
	for _, c := range s.facts.Session.Columns {
		if _, ok := s.facts.Session.Filled[c.Column]; ok {
			continue
		}
		name := "session_column_null"
		if !c.Null {
			name = "session_column"
		}
		findings = append(findings, s.finding(name, fields{"Column": c.Column})...)
	}
	return findings
}
