package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// A verdict is what became of a mutant.
type verdict struct {
	mutant mutant
	killer string // the package and the test that noticed; "" if none did
	err    error  // the mutant could not be tried
}

// try tries mutants and writes a line about each. It reports whether all died.
func try(ctx context.Context, o options, out io.Writer) (good bool, err error) {
	all, err := readList(o.root + "/" + o.list)
	if err != nil {
		return false, err
	}
	chosen := o.choose(all)
	fmt.Fprintf(out, "%d of %d mistakes", len(chosen), len(all))
	if o.limit > 0 {
		fmt.Fprintf(out, ", for %v in the random order of -seed %d", o.limit, o.seed)
	}
	fmt.Fprintln(out)
	t := &trial{
		toolchain: toolchain{root: o.root, timeout: o.timeout},
		baseline:  o.baseline, clean: make(map[string]func() error),
	}
	r := &report{out: out, total: len(chosen)}
	for v := range t.verdicts(ctx, chosen, o) {
		if v.err == nil || !errors.Is(v.err, errTooLate) {
			r.add(v)
		}
	}
	r.end()
	return len(r.survivors)+len(r.errors) == 0, ctx.Err()
}

// A trial tries mutants on the tests of their packages.
type trial struct {
	toolchain toolchain
	baseline  bool

	mu    sync.Mutex
	clean map[string]func() error // whether a package passes without a mistake
}

// verdicts tries all mutants that can be begun in time, some at once. They have as much
// time again to end.
func (t *trial) verdicts(ctx context.Context, mutants []mutant, o options) <-chan verdict {
	begun, queue, answers := time.Now(), make(chan mutant), make(chan verdict)
	if o.limit > 0 {
		t.toolchain.until = begun.Add(2 * o.limit)
	}
	go func() {
		defer close(queue)
		for _, m := range mutants {
			if o.limit > 0 && time.Since(begun) > o.limit {
				return
			}
			select {
			case queue <- m:
			case <-ctx.Done():
				return
			}
		}
	}()
	var workers sync.WaitGroup
	for range o.parallel {
		workers.Go(func() {
			for m := range queue {
				answers <- t.verdict(ctx, m)
			}
		})
	}
	go func() {
		workers.Wait()
		close(answers)
	}()
	return answers
}

// verdict tries one mutant.
func (t *trial) verdict(ctx context.Context, m mutant) verdict {
	killer, err := t.killer(ctx, m)
	return verdict{m, killer, err}
}

// killer returns what notices m.
func (t *trial) killer(ctx context.Context, m mutant) (string, error) {
	text, err := m.apply(t.toolchain.root)
	if err != nil {
		return "", err
	}
	mutated, remove, err := t.toolchain.withFile(m.File, text)
	if remove != nil {
		defer remove()
	}
	if err != nil {
		return "", err
	}
	for _, pkg := range m.packages() {
		if err := t.passes(ctx, pkg); err != nil {
			return "", err
		}
		if failed, err := mutated.test(ctx, pkg); failed != "" || err != nil {
			return pkg + " " + failed, err
		}
	}
	return "", nil
}

// passes fails if the tests of a package fail without any mistake. Each
// package is asked once.
func (t *trial) passes(ctx context.Context, pkg string) error {
	if !t.baseline {
		return nil
	}
	t.mu.Lock()
	ask := t.clean[pkg]
	if ask == nil {
		ask = sync.OnceValue(func() error {
			failed, err := t.toolchain.test(ctx, pkg)
			if err == nil && failed != "" {
				err = fmt.Errorf("%s fails without a mistake: %s", pkg, failed)
			}
			return err
		})
		t.clean[pkg] = ask
	}
	t.mu.Unlock()
	return ask()
}

// A report tells what became of each mutant, and counts.
type report struct {
	out               io.Writer
	total, killed     int
	survivors, errors []verdict
}

// add writes the line of one.
func (r *report) add(v verdict) {
	switch {
	case v.err != nil:
		r.errors = append(r.errors, v)
		fmt.Fprintf(r.out, "ERROR     %v: %v\n", v.mutant, v.err)
	case v.killer == "":
		r.survivors = append(r.survivors, v)
		fmt.Fprintf(r.out, "SURVIVED  %v\n", v.mutant)
	default:
		r.killed++
		fmt.Fprintf(r.out, "noticed   %v (%s)\n", v.mutant, v.killer)
	}
}

// end writes the counts, and again what is wrong.
func (r *report) end() {
	fmt.Fprintf(r.out, "\n%d tried: %d noticed, %d survived, %d errors; %d not tried\n",
		r.killed+len(r.survivors)+len(r.errors), r.killed, len(r.survivors), len(r.errors),
		r.total-r.killed-len(r.survivors)-len(r.errors))
	for _, v := range r.survivors {
		fmt.Fprintf(r.out, "\nno test notices in %v\n\t%q\nfor\n\t%q\n", v.mutant, v.mutant.New, v.mutant.Old)
	}
	for _, v := range r.errors {
		fmt.Fprintf(r.out, "\n%v: %v\n", v.mutant, v.err)
	}
}
