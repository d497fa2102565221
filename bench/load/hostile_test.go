package load

import (
	"slices"
	"testing"
	"time"
)

// TestRunHostile measures in miniature, and everything is in the section.
func TestRunHostile(t *testing.T) {
	s, err := RunHostile(t.Context(), HostileOptions{
		Connections: 30, Every: 300 * time.Millisecond, Quiet: 600 * time.Millisecond, Attack: 900 * time.Millisecond,
		Log: t.Logf,
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "hostile" || len(s.Tables) != 1 || len(s.Tables[0].Rows) == 0 || len(s.Goals) != 2*len(s.Tables[0].Rows) {
		t.Fatalf("got %+v", s)
	}
	for _, row := range s.Tables[0].Rows {
		if len(row) != len(s.Tables[0].Columns) || slices.Contains(row, "") || row[7] == "0" {
			t.Errorf("the row %q of %q", row, s.Tables[0].Columns)
		}
	}
}

// TestSiegeCounts: what is good, what was told to come again, and what was
// neither.
func TestSiegeCounts(t *testing.T) {
	ms := func(status, n int) login { return login{status, time.Duration(n) * time.Millisecond} }
	s := siege{
		quiet: []login{ms(303, 90), ms(303, 100), ms(303, 500)},
		attacked: []login{
			ms(303, 100), ms(303, 300), ms(303, 301), // the last too late
			ms(503, 20), ms(503, 1000), ms(503, 1001),
			ms(429, 1), ms(401, 1), ms(0, 1),
		},
	}
	if good, told := s.good(); s.usual() != 100*time.Millisecond || good != 2 || told != 2 {
		t.Errorf("usual %v, %d good, %d told", s.usual(), good, told)
	}
	section := HostileOptions{Connections: 7}.section([]siege{s}, nil)
	if got := section.Goals[0].Got; got != 2.0/9 {
		t.Errorf("a share of %v", got)
	}
	if got := section.Goals[1].Got; got != 5 {
		t.Errorf("%v others", got)
	}
}
