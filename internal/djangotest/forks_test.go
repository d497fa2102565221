package djangotest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFailuresAreReported as those of an interpreter that is started for the program.
func TestFailuresAreReported(t *testing.T) {
	p := &Project{t: t, python: Python(t), dir: t.TempDir()}
	f, err := startForks()
	if err != nil {
		t.Fatal(err)
	}
	for program, want := range map[string]string{
		"import sys; print(1); sys.exit(3)": "exit status 3", "import sys; print(1); sys.exit('words')": "exit status 1",
		"print(1); 1 / 0": "exit status 1", "print(1": "exit status 1",
		"import sys; print(1); sys.exit()": "", "print(1)": "",
	} {
		if err := os.WriteFile(filepath.Join(p.dir, "program.py"), []byte(program), 0o600); err != nil {
			t.Fatal(err)
		}
		out, problems, err := f.run(p.dir, os.Environ(), []string{"program.py"})
		wantOut, wantProblems, wantErr := p.runAlone(p.dir, os.Environ(), []string{"program.py"})
		if out != wantOut || lastLine(problems) != lastLine(wantProblems) {
			t.Errorf("%s: printed %q and %q, want %q and %q", program, out, problems, wantOut, wantProblems)
		}
		if (err == nil) != (wantErr == nil) || err != nil && err.Error() != want || err == nil && want != "" {
			t.Errorf("%s: error %v, want %v", program, err, wantErr)
		}
	}
	program := "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
	if err := os.WriteFile(filepath.Join(p.dir, "program.py"), []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.run(p.dir, os.Environ(), []string{"program.py"}); err == nil {
		t.Error("a program that was killed has succeeded")
	}
	if canFork([]string{"PYTHONPATH=/x"}) {
		t.Error("a copy cannot read PYTHONPATH any more")
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
