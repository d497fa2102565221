// Command matrix measures what a request costs inside one process: each
// engine, beside the bare store and other libraries. It takes a few minutes.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"regexp"
	"time"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/matrix"
	"github.com/jamsession/jamsession/bench/report"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("matrix: ")
	passes := flag.Int("passes", 3, "how many `times` everything is set up and measured")
	rounds := flag.Int("rounds", 6, "how many `times` each contender has its turn in a pass")
	turn := flag.Duration("turn", 20*time.Millisecond, "how `long` a turn is")
	only := flag.String("only", "", "measure only what matches this `expression`, such as \"memory / read\"")
	dir := flag.String("o", "", "keep the result in this `folder`")
	profile := flag.String("cpuprofile", "", "write a profile of it all to this `file`")
	flag.Parse()
	expression, err := regexp.Compile(*only)
	if err != nil || flag.NArg() > 0 || *rounds < 1 || *passes < 1 {
		log.Fatal("-only wants a regular expression, -passes and -rounds numbers above 0," +
			" and there are no arguments")
	}
	stop := startProfile(*profile)
	defer stop()
	each := contest.Rounds{Count: *rounds, Turn: *turn}
	groups, missing := matrix.Measure(*passes, each, expression, os.Stderr)
	section := matrix.Section(groups)
	section.Machine = report.ThisMachine()
	section.Print(os.Stdout)
	for _, m := range missing {
		fmt.Println("not run:", m)
	}
	if *dir == "" {
		return
	}
	if err := section.Save(*dir); err != nil {
		log.Fatal(err)
	}
}
