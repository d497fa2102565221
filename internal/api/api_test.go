package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestEveryExportedIdentifierHasALine, and nothing else has one.
func TestEveryExportedIdentifierHasALine(t *testing.T) {
	const source = `package p

const A, b = 1, 2
const C Kind = "c"
var ErrX, errY error
type Kind string
type Alias = Kind
type hidden struct{ X int }
func (hidden) Method() {}
type S[T any] struct {
	X, Y int
	z    int
	*Kind
	hidden
	F func(name string, n int) error
}
func (s *S[T]) Do(a, b int) (n int, err error) { return 0, nil }
func (s *S[T]) do() {}
type I interface {
	Kind
	M(x map[string]int)
	n()
}
func New[T any](t T, rest ...int) *S[T] { return nil }
func make_() {}
`
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "p.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := identifiers("p", dir, []string{"p.go"})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	want := []string{
		"const A", "const C Kind", "func New[any](T, ...int) *S[T]", "method (*S[T]) Do(int, int) (int, error)",
		"type Alias = Kind", "type I interface", "type I interface, Kind", "type I interface, M(map[string]int)",
		"type Kind string", "type S[any] struct", "type S[any] struct, *Kind",
		"type S[any] struct, F func(string, int) error", "type S[any] struct, X int", "type S[any] struct, Y int",
		"var ErrX error",
	}
	for i := range want {
		want[i] = "pkg p, " + want[i]
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestCompareTellsBothWays: what is gone and what is new.
func TestCompareTellsBothWays(t *testing.T) {
	var b strings.Builder
	if err := compare(&b, []string{"a", "b"}, []string{"b", "c"}); err == nil || b.String() != "- a\n+ c\n" {
		t.Errorf("%v: %q", err, b.String())
	}
	if err := compare(&b, []string{"a"}, []string{"a"}); err != nil {
		t.Error(err)
	}
}
