package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jamsession/jamsession/bench/report"
	"github.com/jamsession/jamsession/internal/smallsite"
)

// sized are the choices of drivers of which the page tells the sizes.
var sized = []string{"mysql", "postgres", "sqlite", "sqlite memcached", "sqlite redis", "all"}

// library is the folder of the module that is measured.
const library = ".."

// measureSizes measures what a site with nothing but its pages links, and how long the
// command takes to start.
func measureSizes(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("sizes", flag.ContinueOnError)
	dir := flags.String("o", "results", "the `folder` for the results")
	if err := parse(flags, args); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "sizes")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	section := report.Section{Name: "sizes", Machine: report.ThisMachine()}
	section.Machine.Versions = nil // the module's own, which go.mod has
	if err := addSites(ctx, work, &section); err != nil {
		return err
	}
	if err := addCommand(ctx, work, &section); err != nil {
		return err
	}
	return keep(section, *dir)
}

// addSites measures the sites of all choices of drivers.
func addSites(ctx context.Context, work string, section *report.Section) error {
	table := report.Table{
		Title:   "A minimal site",
		Columns: []string{"imports", "MiB", "MiB with `-ldflags=-s`", "modules beside this one"},
	}
	for _, drivers := range sized {
		site, err := smallsite.Write(library, work, strings.Fields(drivers)...)
		if err != nil {
			return err
		}
		whole, err := built(ctx, site, "-trimpath")
		if err != nil {
			return err
		}
		bare, err := built(ctx, site, "-trimpath", "-ldflags=-s")
		if err != nil {
			return err
		}
		modules, err := site.Modules(ctx)
		if err != nil {
			return err
		}
		table.Rows = append(table.Rows, []string{
			"`site/" + strings.ReplaceAll(drivers, " ", "`, `site/") + "`",
			report.Number(whole), report.Number(bare), strconv.Itoa(len(modules)),
		})
		if drivers == "postgres" {
			section.Goals = append(section.Goals,
				report.Goal{What: "a site on one database, PostgreSQL: MiB", Limit: 20, Got: whole})
		}
	}
	section.Tables = append(section.Tables, table)
	return nil
}

// built builds a site and returns its size in MiB.
func built(ctx context.Context, site smallsite.Site, flags ...string) (float64, error) {
	program, _, err := site.Build(ctx, flags...)
	if err != nil {
		return 0, err
	}
	return mebibytes(program)
}

func mebibytes(file string) (float64, error) {
	info, err := os.Stat(file)
	if err != nil {
		return 0, err
	}
	return float64(info.Size()) / (1 << 20), nil
}

// starts is how often the command is started. One more comes before, to bring the file
// into memory.
const starts = 20

// addCommand measures the command, which has all drivers.
func addCommand(ctx context.Context, work string, section *report.Section) error {
	program := filepath.Join(work, "jamsession")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", program, "./cmd/jamsession")
	build.Dir = library
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w: %s", err, out)
	}
	size, err := mebibytes(program)
	if err != nil {
		return err
	}
	var times []time.Duration
	for range starts + 1 {
		begin := time.Now()
		if out, err := exec.CommandContext(ctx, program, "version").CombinedOutput(); err != nil {
			return fmt.Errorf("jamsession version: %w: %s", err, out)
		}
		times = append(times, time.Since(begin))
	}
	times = times[1:]
	slices.Sort(times)
	median := (times[starts/2-1] + times[starts/2]) / 2
	section.Tables = append(section.Tables, report.Table{
		Title:   "The command",
		Columns: []string{"", "MiB", "`jamsession version`, median of " + strconv.Itoa(starts), "longest"},
		Rows: [][]string{{
			"`cmd/jamsession`", report.Number(size), report.Nanos(float64(median)),
			report.Nanos(float64(times[starts-1])),
		}},
	})
	section.Goals = append(section.Goals, report.Goal{
		What: "`jamsession version`: milliseconds from start to end", Limit: 20,
		Got: float64(median) / float64(time.Millisecond),
	})
	return nil
}
