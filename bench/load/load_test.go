package load

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/servertest"
)

// TestMain is also the program of each site that the tests start.
func TestMain(m *testing.M) {
	programs := map[string]func(context.Context, []string) error{"serve": Serve, "serve-logins": ServeLogins}
	if len(os.Args) > 1 && programs[os.Args[1]] != nil {
		ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		err := programs[os.Args[1]](ctx, os.Args[2:])
		cancel()
		if err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		return
	}
	servertest.Main(m)
}

func miniature(t *testing.T) Options {
	return Options{
		Rounds: 2, Turn: 4 * time.Millisecond, Connections: []int{2, 4}, Visitors: 20, Log: t.Logf,
	}
}

// TestRun measures in miniature, and everything is in the section.
func TestRun(t *testing.T) {
	o := miniature(t)
	o.Only = regexp.MustCompile("^memory/")
	o.Profiles = t.TempDir()
	s, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	sites := len(o.contenders(engines[0]))
	if s.Name != "load" || len(s.Tables) == 0 || len(s.Tables[0].Rows) != sites*len(pages) {
		t.Fatalf("got %+v", s)
	}
	for _, table := range s.Tables {
		for _, row := range table.Rows {
			if len(row) != len(table.Columns) || slices.Contains(row, "") || slices.Contains(row, "0") {
				t.Errorf("%s: the row %q of %q", table.Title, row, table.Columns)
			}
		}
	}
	if len(s.Goals) != 2 || s.Goals[0].Got <= 0 || s.Goals[1].Got <= 0 {
		t.Errorf("the goals of memory: %+v", s.Goals)
	}
	if files, _ := os.ReadDir(o.Profiles); len(files) != sites {
		t.Errorf("%d profiles of %d sites", len(files), sites)
	}
}

// TestSitesServe: each library on each engine gives the right answers and
// keeps what is written.
func TestSitesServe(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			o := miniature(t)
			on := e.start(t)
			var sites []*entrant
			for _, c := range o.contenders(e) {
				if c.open != nil {
					sites = append(sites, o.open(t, c, on))
				}
			}
			if err := o.measure(t.Context(), sites); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestDjangoServes the same pages, from the same tables as jamsession.
func TestDjangoServes(t *testing.T) {
	for _, e := range engines {
		o := miniature(t)
		o.Only = regexp.MustCompile("/(jamsession, Django's codec|Django)$")
		chosen := o.contenders(e)
		if len(chosen) < 2 {
			continue
		}
		t.Run(e.name, func(t *testing.T) {
			on := e.start(t)
			var sites []*entrant
			for _, c := range chosen {
				sites = append(sites, o.open(t, c, on))
			}
			if err := o.measure(t.Context(), sites); err != nil {
				t.Fatal(err)
			}
			jam := sites[slices.IndexFunc(sites, func(e *entrant) bool { return e.open != nil })]
			theirs := sites[slices.IndexFunc(sites, func(e *entrant) bool { return e.open == nil })]
			theirs.target.addr = jam.target.addr
			if err := theirs.target.check(); err != nil {
				t.Errorf("jamsession, about Django's visitors: %v", err)
			}
		})
	}
}

// TestRunEnds early if it is told to, and with all that it has started.
func TestRunEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := miniature(t)
	o.Only = regexp.MustCompile("^memory/")
	o.Rounds = 1 << 30
	o.Log = func(format string, _ ...any) {
		if strings.Contains(format, "round") {
			cancel()
		}
	}
	if _, err := Run(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if children := family(os.Getpid()); len(children) > 1 {
		t.Errorf("these processes are left: %v", children[1:])
	}
}

// TestMissingSites: they are left out, or an error if all sites are required.
func TestMissingSites(t *testing.T) {
	reason := errors.New("not installed")
	t.Setenv("JAMSESSION_REQUIRE_SERVICES", "")
	if err := miniature(t).leaveOut("Redis", reason); err != nil {
		t.Errorf("got %v", err)
	}
	t.Setenv("JAMSESSION_REQUIRE_SERVICES", "1")
	if err := miniature(t).leaveOut("Redis", reason); !errors.Is(err, reason) {
		t.Errorf("got %v", err)
	}
}

func TestServeKnowsItsContenders(t *testing.T) {
	for _, path := range []string{"", "memory/nobody", "SQLite/Django"} {
		err := Serve(t.Context(), []string{"-contender", path})
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v", path, err)
		}
	}
}
