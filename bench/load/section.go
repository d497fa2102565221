package load

import (
	"fmt"
	"slices"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
	"github.com/jamsession/jamsession/internal/djangotest"
)

// results are those of all engines so far.
type results struct {
	sites    []*entrant
	versions []string
}

func (all *results) add(on bed, sites []*entrant) {
	all.sites = append(all.sites, sites...)
	if on.version != "" {
		all.versions = append(all.versions, on.version)
	}
}

// section writes the results down.
func (all *results) section(o Options) report.Section {
	s := report.Section{Name: "load"}
	for _, e := range engines {
		if sites := all.on(e.name); len(sites) > 0 {
			s.Tables = append(s.Tables, o.table(e, sites))
		}
	}
	if len(all.sites) > 0 && all.sites[0].used.peak > 0 {
		s.Tables = append(s.Tables, memory(all.sites))
	}
	s.Goals = all.goals(o.Connections[0])
	if all.has(djangoName) {
		b := contest.NewBed()
		defer b.Close()
		_ = b.Try(func() { // it has run
			versions, _ := djangoVersions(djangotest.Python(b))
			all.versions = append(all.versions, versions)
		})
	}
	s.Machine = report.ThisMachine(all.versions...)
	return s
}

func (all *results) on(engine string) (sites []*entrant) {
	for _, e := range all.sites {
		if e.engine == engine {
			sites = append(sites, e)
		}
	}
	return sites
}

func (all *results) has(name string) bool {
	return slices.ContainsFunc(all.sites, func(e *entrant) bool { return e.name == name })
}

// find returns what a contender has done of a workload, or nil.
func (all *results) find(engine, name string, w workload) *run {
	for _, e := range all.sites {
		if e.engine == engine && e.name == name {
			return e.runs[w]
		}
	}
	return nil
}

// table shows each page of each contender of an engine.
func (o Options) table(on engine, sites []*entrant) report.Table {
	t := report.Table{
		Title:   "End to end: " + on.name,
		Note:    o.note(on, sites),
		Columns: []string{"page, site"},
	}
	for _, conns := range o.Connections {
		t.Columns = append(t.Columns, fmt.Sprintf("requests/s, %d connections", conns),
			"of jamsession's", "p50", "p99")
	}
	t.Columns = append(t.Columns, "processor")
	all := results{sites: sites}
	for _, p := range o.pages() {
		for _, e := range sites {
			row := []string{p.String() + ", " + e.name}
			for _, conns := range o.Connections {
				w := workload{p, conns}
				row = append(row, cells(e.runs[w], all.find(on.name, ours, w))...)
			}
			t.Rows = append(t.Rows, append(row, e.runs[workload{p, o.Connections[0]}].processor()))
		}
	}
	return t
}

func cells(r, jam *run) []string {
	share := "–"
	if jam != nil {
		share = report.Number(jam.Times(r.Result)) // as long as: the rates are the inverse
	}
	return []string{
		fmt.Sprintf("%.0f", 1e9/r.Median()), share,
		report.Nanos(float64(r.latencies.quantile(0.5))), report.Nanos(float64(r.latencies.quantile(0.99))),
	}
}

// processor is what the server took of it for an answer.
func (r *run) processor() string {
	if r.cpu == 0 {
		return "–"
	}
	return report.Nanos(float64(r.cpu) / float64(r.latencies.total))
}

func (o Options) note(on engine, sites []*entrant) string {
	note := fmt.Sprintf("Each site is a process of its own and has %d sessions, each of which one request"+
		" uses at a time. \"Of jamsession's\" is the median of the ratios within %d rounds;"+
		" \"processor\" is what the site took for a request at %d connections, without the server"+
		" with the data.", o.Visitors, o.Rounds, o.Connections[0])
	all := results{sites: sites}
	if on.apart {
		note += " The generator has half of the machine's processors, and the site the other half."
	} else {
		note += " The generator, the site and the server with the data share the machine."
	}
	switch {
	case on.name == onPostgres:
		note += fmt.Sprintf(" The libraries have pools of %d connections each.", postgresConns)
	case on.name == onSQLite:
		note += " All have one file, with write-ahead log, and flush each write to the disk."
	case on.name == onRedis && all.has(djangoName):
		note += " Django keeps its sessions by django-redis."
	}
	if all.has(djangoName) {
		note += fmt.Sprintf(" Django runs with no middleware but that of the sessions, and keeps its"+
			" connections to the database; gunicorn has a worker for each of its processors, of the"+
			" kind gthread, which keeps connections open, with %d threads.", djangoThreads)
	} else if on.name != onMemory {
		note += " Django was not measured."
	}
	return note
}

// memory shows what the servers took.
func memory(sites []*entrant) report.Table {
	t := report.Table{
		Title: "End to end: memory of the sites",
		Note: "Resident after all rounds, and at most; of Django the sum of its processes," +
			" which share a part.",
		Columns: []string{"site", "resident", "at most"},
	}
	for _, e := range sites {
		t.Rows = append(t.Rows, []string{e.path(), megabytes(e.used.resident), megabytes(e.used.peak)})
	}
	return t
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// goals are those of the project, as far as they have been measured.
func (all *results) goals(conns int) (goals []report.Goal) {
	least := func(what string, limit float64, fast, slow *run) {
		if fast != nil && slow != nil {
			goals = append(goals, report.Goal{
				What: what, Limit: limit, Least: true, Got: slow.Times(fast.Result),
			})
		}
	}
	at := workload{read, conns}
	what := fmt.Sprintf("end to end, requests per second on the read path, %d connections, ", conns)
	for _, g := range []struct {
		engine string
		limit  float64
	}{{onMemory, 2}, {onRedis, 2}, {onPostgres, 2}, {onSQLite, 1.8}} {
		least(what+g.engine+": times scs", g.limit,
			all.find(g.engine, ours, at), all.find(g.engine, scsName, at))
	}
	bare, jam := all.untouched(conns)
	least(fmt.Sprintf("end to end, requests per second of untouched requests, %d connections: "+
		"times no sessions at all", conns), 0.9, jam, bare)
	for _, engine := range []string{onPostgres, onSQLite} {
		least(what+engine+", Django's codec: times Django's", 10,
			all.find(engine, oursDjango, at), all.find(engine, djangoName, at))
	}
	return goals
}

// untouched returns untouched requests of all engines together, since none of
// them asks its engine.
func (all *results) untouched(conns int) (bare, jam *run) {
	for _, e := range engines {
		w := workload{untouched, conns}
		b, j := all.find(e.name, noSessions, w), all.find(e.name, ours, w)
		if b == nil || j == nil {
			continue
		}
		if bare == nil {
			bare, jam = new(run), new(run)
		}
		bare.Nanos = append(bare.Nanos, b.Nanos...)
		jam.Nanos = append(jam.Nanos, j.Nanos...)
	}
	return bare, jam
}
