package load

import (
	"fmt"
	"slices"
	"time"

	"github.com/jamsession/jamsession/bench/report"
)

// A siege is what was measured on one database.
type siege struct {
	engine          string
	quiet, attacked []login
	hostile         map[int]int64 // the attacker's answers, by status
	cpu             time.Duration // of the site, under attack
}

// The goals: most honest logins take no more than this many times as long as
// alone, and the others are answered by 503 soon.
const (
	wantShare = 0.9
	wantTimes = 3
	wantSoon  = time.Second
)

// usual is how long a login takes when honest users are alone: the median.
func (s siege) usual() time.Duration { return median(s.quiet) }

func median(logins []login) time.Duration {
	var took []time.Duration
	for _, l := range logins {
		took = append(took, l.took)
	}
	slices.Sort(took)
	return took[len(took)/2]
}

// good counts the logins that succeeded in time, and told those that were
// asked soon to come again.
func (s siege) good() (good, told int) {
	for _, l := range s.attacked {
		switch {
		case l.status == 303 && l.took <= wantTimes*s.usual():
			good++
		case l.status == 503 && l.took <= wantSoon:
			told++
		}
	}
	return good, told
}

// slowest returns how long the slowest login took.
func slowest(logins []login) time.Duration {
	return slices.MaxFunc(logins, func(a, b login) int { return int(a.took - b.took) }).took
}

// section writes the results down.
func (o HostileOptions) section(all []siege, versions []string) report.Section {
	t := report.Table{
		Title: "Honest logins under attack",
		Note: fmt.Sprintf("A site with the default settings, as a process. One honest user logs in"+
			" each %v, each from another address: %v alone, then %v while %d connections from one"+
			" address send sign-ups and logins without pause. A login is the page, the form and the"+
			" answer. The generator has half of the machine's processors, and the site the other half.",
			o.Every, o.Quiet, o.Attack, o.Connections),
		Columns: []string{
			"database", "alone, median", "under attack, median", "longest", "within 3 times",
			"503 within 1 s", "others", "hostile answers", "processor",
		},
	}
	section := report.Section{Name: "hostile"}
	for _, s := range all {
		t.Rows = append(t.Rows, s.row(o.Attack))
		section.Goals = append(section.Goals, s.goals(o.Connections)...)
	}
	section.Tables = []report.Table{t}
	section.Machine = report.ThisMachine(versions...)
	return section
}

func (s siege) row(attack time.Duration) []string {
	good, told := s.good()
	n := len(s.attacked)
	var answers int64
	for _, count := range s.hostile {
		answers += count
	}
	return []string{
		s.engine, nanos(s.usual()), nanos(median(s.attacked)), nanos(slowest(s.attacked)),
		fmt.Sprintf("%d of %d", good, n), fmt.Sprint(told), fmt.Sprint(n - good - told),
		fmt.Sprint(answers), fmt.Sprintf("%.0f %%", 100*s.cpu.Seconds()/attack.Seconds()),
	}
}

// goals are a share of good logins, and that the others are told soon.
func (s siege) goals(conns int) []report.Goal {
	good, told := s.good()
	n := len(s.attacked)
	what := fmt.Sprintf("%d hostile connections, %s: honest logins ", conns, s.engine)
	return []report.Goal{
		{
			What:  what + "within 3 times their time, share",
			Limit: wantShare, Least: true, Got: float64(good) / float64(n),
		},
		{What: what + "with neither that nor 503 within a second", Limit: 0, Got: float64(n - good - told)},
	}
}

func nanos(d time.Duration) string { return report.Nanos(float64(d)) }
