package postgres

import (
	"fmt"
	"net/url"
	"slices"
	"testing"

	"github.com/jamsession/jamsession/internal/siteparts"
)

// TestEachHostHasItsPort: of several hosts each is tried at its own port, as by libpq.
func TestEachHostHasItsPort(t *testing.T) {
	for _, c := range []struct {
		server siteparts.Server
		want   []string
	}{
		{siteparts.Server{Host: "db", Port: "5432"}, []string{"db 5432"}},
		{
			siteparts.Server{Host: "localhost", Port: "5432", Options: url.Values{"host": {"one,two"}}},
			[]string{"one 5432", "two 5432"},
		},
		{
			siteparts.Server{Host: "localhost", Port: "1,2", Options: url.Values{"host": {"one,two"}}},
			[]string{"one 1", "two 2"},
		},
		{siteparts.Server{Socket: "/run/pg", Port: "5433"}, []string{"/run/pg 5433"}},
	} {
		c.server.Name, c.server.User = "site", "site"
		if c.server.Options == nil {
			c.server.Options = url.Values{}
		}
		c.server.Options.Set("sslmode", "disable") // or each host is tried with TLS as well
		config, err := parse(c.server)
		if err != nil {
			t.Errorf("%v: %v", c.want, err)
			continue
		}
		got := []string{fmt.Sprint(config.ConnConfig.Host, " ", config.ConnConfig.Port)}
		for _, other := range config.ConnConfig.Fallbacks {
			got = append(got, fmt.Sprint(other.Host, " ", other.Port))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("hosts %q, want %q", got, c.want)
		}
	}
}
