package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jamsession/jamsession/bench/capacity"
	"github.com/jamsession/jamsession/bench/report"
)

// What is computed from the results.
const (
	manySessions = 100_000_000
	manyRequests = 50_000 // a second
)

// needs computes, from what load and capacity measured, what more sessions and many requests
// need. There is nothing to compute before both have run.
func needs(sections []report.Section) []report.Section {
	room := tableOf(sections, "capacity", capacity.RoomTitle)
	work := tableOf(sections, "capacity", capacity.WorkTitle)
	http := withoutSessions(tableOf(sections, "load", "End to end: memory"))
	if room == nil || work == nil || http == 0 {
		return nil
	}
	return []report.Section{{Name: "needs", Tables: []report.Table{
		requestsNeed(work, http), sessionsNeed(room),
	}}}
}

// requestsNeed tells how many processors are busy.
func requestsNeed(work *report.Table, http time.Duration) report.Table {
	t := report.Table{
		Title: fmt.Sprintf("Processors that %d requests a second keep busy: computed", manyRequests),
		Note: "From the table of `capacity`, with the most sessions that were measured, and from the " +
			report.Nanos(float64(http)) + " that a request over HTTP without sessions keeps the site busy" +
			" (`load`). What a page does besides comes on top.",
		Columns: []string{"engine", "read: site", "server", "read+write: site", "server"},
	}
	for _, row := range largest(work) {
		t.Rows = append(t.Rows, []string{
			row[0], processors(row[2], http), processors(row[3], 0),
			processors(row[4], http), processors(row[5], 0),
		})
	}
	return t
}

// sessionsNeed multiplies.
func sessionsNeed(room *report.Table) report.Table {
	t := report.Table{
		Title:   "A hundred million sessions: computed",
		Note:    "From the bytes of a session where the most were measured.",
		Columns: []string{"engine", "measured at", "bytes a session", "in all"},
	}
	for _, row := range largest(room) {
		var bytes float64
		if _, err := fmt.Sscan(row[2], &bytes); err == nil {
			t.Rows = append(t.Rows, []string{
				row[0], row[1], row[2], report.Number(bytes*manySessions/1e9) + " GB",
			})
		}
	}
	return t
}

// processors is what so many requests a second keep busy, if each takes this text and more.
func processors(each string, more time.Duration) string {
	took := parsed(each)
	if took == 0 {
		return "–"
	}
	return report.Number((took + more).Seconds() * manyRequests)
}

// parsed reads what [report.Nanos] wrote, or returns zero.
func parsed(text string) time.Duration {
	d, _ := time.ParseDuration(strings.ReplaceAll(text, " ", ""))
	return d
}

// largest returns the last row of each engine, which has the most sessions.
func largest(t *report.Table) (rows [][]string) {
	for _, row := range t.Rows {
		if n := len(rows); n > 0 && rows[n-1][0] == row[0] {
			rows[n-1] = row
		} else {
			rows = append(rows, row)
		}
	}
	return rows
}

// withoutSessions returns what the site took of a processor for a request.
func withoutSessions(t *report.Table) time.Duration {
	if t == nil {
		return 0
	}
	for _, row := range t.Rows {
		if row[0] == "read, no sessions" {
			return parsed(row[slices.Index(t.Columns, "processor")])
		}
	}
	return 0
}

func tableOf(sections []report.Section, section, title string) *report.Table {
	for _, s := range sections {
		for i := range s.Tables {
			if s.Name == section && s.Tables[i].Title == title {
				return &s.Tables[i]
			}
		}
	}
	return nil
}
