package sharing

import (
	"fmt"

	"github.com/jamsession/jamsession/settings"
)

// timeZone: SQLite and MySQL keep times without a zone, in UTC or, by
// USE_TZ=False, in TIME_ZONE. PostgreSQL keeps instants.
func (s site) timeZone() []settings.Finding {
	there, here := s.truth("USE_TZ"), s.here.UseTZ
	zone, ok := s.django["TIME_ZONE"].(string)
	if !ok {
		return notUnderstood("TIME_ZONE")
	}
	findings := s.databaseZone()
	switch {
	case there != here:
		return append(findings, s.clocks(fmt.Sprintf("USE_TZ is %s in Django and %s here", boolean(there),
			boolean(here)), fmt.Sprintf("Set USE_TZ = %t here.", there))...)
	case zone == s.here.TimeZone:
		return findings
	case !there:
		return append(findings, s.clocks(fmt.Sprintf("USE_TZ is False, and TIME_ZONE is %s in Django "+
			"and %s "+
			"here", zone, s.here.TimeZone), fmt.Sprintf("Set TIME_ZONE = %q here.", zone))...)
	}
	return append(findings, warning("W116", fmt.Sprintf("TIME_ZONE is %s in Django and %s here: reset "+
		"links "+
		"of one side are good for some hours more or less on the other.", zone, s.here.TimeZone),
		fmt.Sprintf("Set TIME_ZONE = %q here.", zone))...)
}

// clocks says what follows from two different clocks.
func (s site) clocks(what, fix string) []settings.Finding {
	if s.kind() == "postgres" {
		return warning("W116", what+": reset links of one side are refused by the other, or are good "+
			"for "+
			"longer. PostgreSQL's sessions are not concerned.", fix)
	}
	return failure("E112", what+": each side takes the other's times for those of another zone, so "+
		"sessions "+
		"end hours too early or too late, and reset links of one side are refused by the other.", fix)
}

// databaseZone: Django can keep the times of one database in another zone.
func (s site) databaseZone() []settings.Finding {
	there, _ := s.defaultDatabase()
	value, _ := there.Get("TIME_ZONE")
	if value == nil || s.kind() == "postgres" || !s.truth("USE_TZ") || value == "UTC" {
		return nil
	}
	return failure("E112", fmt.Sprintf("Django's database has the TIME_ZONE %v of its own: here its "+
		"times are "+
		"taken for UTC, so sessions end hours too early or too late.", value),
		"Remove TIME_ZONE from DATABASES, and move the times in its tables.")
}
