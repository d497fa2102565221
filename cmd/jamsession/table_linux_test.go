package main

import (
	"bufio"
	"os"
	"strings"
	"testing"
)

// TestTablesAreShortenedForTerminalsOnly: a script finds what it looks for.
func TestTablesAreShortenedForTerminalsOnly(t *testing.T) {
	long := strings.Repeat("x", 100)
	keyboard, terminal := openTerminal(t)
	reader, pipe, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range []struct {
		name        string
		read, write *os.File
		want        string
	}{
		{"a terminal", keyboard, terminal, strings.Repeat("x", 79) + "…"}, {"a pipe", reader, pipe, long},
	} {
		err := writeTable(&watchedWriter{Writer: end.write}, []column{{"NAME", 6}}, [][]string{{long}})
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(end.read)
		lines.Scan() // the title
		lines.Scan()
		if text := strings.TrimRight(lines.Text(), "\r"); text != end.want {
			t.Errorf("%s shows %q", end.name, text)
		}
	}
	if err := pipe.Close(); err != nil {
		t.Error(err)
	}
}
