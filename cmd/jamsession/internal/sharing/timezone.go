package sharing

import (
	"strconv"

	"github.com/jamsession/jamsession/internal/conf"
)

// timeZone: SQLite and MySQL keep times without a zone, in UTC or, by
// USE_TZ=False, in TIME_ZONE. PostgreSQL keeps instants.
func (s site) timeZone() []conf.Finding {
	there, here := s.truth("USE_TZ"), s.here.UseTZ
	zone, ok := s.django["TIME_ZONE"].(string)
	if !ok {
		return s.notUnderstood("TIME_ZONE")
	}
	instants := ""
	if s.kind() == "postgres" {
		instants = "_postgres"
	}
	findings := s.databaseZone()
	zones := fields{"Django": zone, "Here": s.here.TimeZone}
	switch {
	case there != here:
		return append(findings, s.finding("use_tz"+instants, fields{
			"Django": boolean(there), "Here": boolean(here), "TOML": strconv.FormatBool(there),
		})...)
	case zone == s.here.TimeZone:
		return findings
	case !there:
		return append(findings, s.finding("local_times"+instants, zones)...)
	}
	return append(findings, s.finding("time_zone", zones)...)
}

// databaseZone: Django can keep the times of one database in another zone.
func (s site) databaseZone() []conf.Finding {
	there, _ := s.defaultDatabase()
	value, _ := there.Get("TIME_ZONE")
	if value == nil || s.kind() == "postgres" || !s.truth("USE_TZ") || value == "UTC" {
		return nil
	}
	return s.finding("time_zone_of_the_database", fields{"Django": value})
}
