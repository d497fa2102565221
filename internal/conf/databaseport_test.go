package conf

import "testing"

// TestPortOfADatabase: PostgreSQL's belongs to the name of the socket as well, and libpq
// has it among the options.
func TestPortOfADatabase(t *testing.T) {
	for raw, want := range map[string]string{
		"postgres://h/db":                                 "5432",
		"postgres://h:6543/db":                            "6543",
		"postgres://h/db?port=6543":                       "6543",
		"postgres://h:6543/db?port=1":                     "6543",
		"postgres://site@/db?host=/run/postgresql":        "5432",
		"postgres://site@/db?host=/run/pg&port=6543":      "6543",
		"postgres://site@%2Frun%2Fpg/db?port=6543":        "6543",
		"mysql://h/db?port=3307":                          "3307",
		"mysql://site@/db?socket=/run/mysqld/mysqld.sock": "3306",
	} {
		place, err := parseDatabaseURL(raw)
		if err != nil || place.Server.Port != want || place.Server.Options.Has("port") {
			t.Errorf("%s: port %q, options %v, error %v; want %s", raw, place.Server.Port, place.Server.Options, err, want)
		}
	}
}
