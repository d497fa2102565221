// Mutants tries the tests: it puts deliberate mistakes into security
// decisions, one at a time, and tells which no test notices.
//
//	go run ./internal/mutants                  # all, one after another
//	go run ./internal/mutants -for 2m          # as many as fit, in random order, and 4m at most
//	go run ./internal/mutants -match ^csrf/    # of one package
//
// The mistakes are kept as data in the folder list, a file for each package.
// The go command compiles a changed copy in place of the file, by -overlay;
// the tree is not touched. A mistake is noticed if the tests of its package
// fail, or those of internal/attacks. What does not compile, and what is not
// in its file exactly once any more, is an error of the list.
//
// The tests must pass without a mistake, or their failures say nothing: each
// package is tested so first, if -baseline=false does not say that it was.
package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"time"
)

func main() {
	o := options{root: ".", list: "internal/mutants/list"}
	flag.TextVar(&o.match, "match", &pattern{regexp.MustCompile("")}, "only mistakes whose file matches")
	flag.DurationVar(&o.limit, "for", 0, "a sample: start none after this time, end at twice of it")
	flag.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano()), "of the random order")
	flag.IntVar(&o.parallel, "parallel", 2, "how many at once")
	flag.BoolVar(&o.baseline, "baseline", true, "test each package without a mistake first")
	flag.DurationVar(&o.timeout, "timeout", 4*time.Minute, "for the tests of one package")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	good, err := try(ctx, o, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
	}
	if err != nil || !good {
		os.Exit(1)
	}
}

// options say what is tried, and how.
type options struct {
	root     string // of the module
	list     string // the folder with the mistakes, below root
	match    pattern
	limit    time.Duration // 0: no limit, in the order of the list
	seed     uint64
	parallel int
	baseline bool
	timeout  time.Duration
}

// choose returns the mutants that o asks for, in the order they are tried in.
func (o options) choose(all []mutant) []mutant {
	var chosen []mutant
	for _, m := range all {
		if o.match.MatchString(m.File) {
			chosen = append(chosen, m)
		}
	}
	if o.limit > 0 {
		slices.SortFunc(chosen, func(a, b mutant) int {
			return cmp.Compare(a.place(o.seed), b.place(o.seed))
		})
	}
	return chosen
}

// place says where m stands in the random order of a seed.
func (m mutant) place(seed uint64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %q", seed, m))
	return string(sum[:])
}

// A pattern is a regular expression as a flag.
type pattern struct{ *regexp.Regexp }

// UnmarshalText is for the package flag.
func (p *pattern) UnmarshalText(text []byte) (err error) {
	p.Regexp, err = regexp.Compile(string(text))
	return err
}
