// Command page writes what was measured into docs/performance.md, between its
// marks, and draws the chart beside it.
package main

import (
	"flag"
	"log"

	"github.com/jamsession/jamsession/bench/report"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("page: ")
	dir := flag.String("results", "results", "the `folder` with what was measured")
	page := flag.String("page", "../docs/performance.md", "the `file` to write into")
	chart := flag.String("chart", "../docs/performance.svg", "the `file` to draw")
	flag.Parse()
	if flag.NArg() > 0 {
		log.Fatal("there are no arguments, only flags; see -help")
	}
	sections, err := report.Read(*dir)
	if err == nil && len(sections) == 0 {
		log.Fatalf("nothing was measured yet: %s is empty; run make bench", *dir)
	}
	if err == nil {
		err = report.WritePage(*page, sections)
	}
	if err == nil {
		err = report.WriteChart(*chart, sections)
	}
	if err != nil {
		log.Fatal(err)
	}
}
