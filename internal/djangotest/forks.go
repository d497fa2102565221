package djangotest

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// forksProgram is a process that has imported Django, and runs programs in copies of itself.
//
//go:embed forks.py
var forksProgram string

// A forks is such a process. It ends with this one, which closes its standard input.
type forks struct {
	folder string
	stdin  io.Closer
}

// startForks returns the process that all tests share. It fails on systems without fork.
var startForks = sync.OnceValues(func() (*forks, error) {
	python, err := find()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "django")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(python, "-c", forksProgram, folder)
	cmd.Dir, cmd.Env = os.TempDir(), append(os.Environ(), noBytecode)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		return nil, fmt.Errorf("it does not listen: %q: %w", line, err)
	}
	return &forks{folder, stdin}, nil
})

// noBytecode keeps Python from writing into folders of tests.
const noBytecode = "PYTHONDONTWRITEBYTECODE=1"

// A request is a program to run.
type request struct {
	Dir            string
	Env, Args      []string
	Stdout, Stderr string // files
}

// canFork reports whether an environment says nothing that Python reads at its start.
func canFork(env []string) bool {
	for _, entry := range env {
		if strings.HasPrefix(entry, "PYTHON") && entry != noBytecode {
			return false
		}
	}
	return true
}

// run runs a program to its end, and returns what it printed.
func (f *forks) run(dir string, env, args []string) (stdout, stderr string, err error) {
	out, err := os.MkdirTemp(f.folder, "run")
	if err != nil {
		return "", "", err
	}
	defer func() { _ = os.RemoveAll(out) }()
	if dir, err = filepath.Abs(dir); err != nil {
		return "", "", err
	}
	r := request{dir, env, args, filepath.Join(out, "stdout"), filepath.Join(out, "stderr")}
	for _, name := range []string{r.Stdout, r.Stderr} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			return "", "", err
		}
	}
	status, err := f.ask(r)
	if err != nil {
		return "", "", err
	}
	if status != "0" {
		err = fmt.Errorf("exit status %s", status)
	}
	printed, err1 := os.ReadFile(r.Stdout)
	problems, err2 := os.ReadFile(r.Stderr)
	for _, other := range []error{err1, err2} {
		if other != nil {
			return "", "", other
		}
	}
	return string(printed), string(problems), err
}

// ask returns the exit status of a program.
func (f *forks) ask(r request) (string, error) {
	conn, err := net.Dial("unix", filepath.Join(f.folder, "socket"))
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	if err := json.NewEncoder(conn).Encode(r); err != nil {
		return "", err
	}
	status, err := io.ReadAll(conn)
	if err == nil && len(status) == 0 {
		err = io.ErrUnexpectedEOF
	}
	return string(status), err
}
