package servertest

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// runAs lets cmd die with the tests and, if they run as root, run as another
// user: most servers refuse to be root.
func runAs(cmd *exec.Cmd, name string) error {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	cmd.SysProcAttr = attr
	if os.Geteuid() != 0 {
		return nil
	}
	uid, gid, err := ids(name)
	if err != nil {
		return err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return nil
}

// waitForStop returns when a signal to stop has taken its effect.
func waitForStop(cmd *exec.Cmd) {
	name := "/proc/" + strconv.Itoa(cmd.Process.Pid) + "/stat"
	for range 1000 {
		stat, err := os.ReadFile(name)
		_, state, _ := strings.Cut(string(stat), ") ") // behind the program's name
		if err != nil || strings.HasPrefix(state, "T") {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// kill ends the process, and waits for the end of all that it started: they
// work in the server's folder.
func kill(cmd *exec.Cmd, dir string) {
	_ = cmd.Process.Kill()
	for range 1000 {
		children := workingIn(dir)
		if len(children) == 0 {
			return
		}
		for _, pid := range children {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// workingIn returns the processes whose working directory is in dir.
func workingIn(dir string) (pids []int) {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, link := range links {
		if cwd, _ := os.Readlink(link); cwd == dir || strings.HasPrefix(cwd, dir+"/") {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(link)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// own gives the folder to the user that the server runs as.
func own(dir, name string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	uid, gid, err := ids(name)
	if err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	return os.Chown(dir, uid, gid)
}

func ids(name string) (uid, gid int, err error) {
	u, err := user.Lookup(name)
	if err != nil {
		return 0, 0, fmt.Errorf("the tests run as root, and the server cannot: %w", err)
	}
	uid, err = strconv.Atoi(u.Uid)
	if err != nil {
		return 0, 0, err
	}
	gid, err = strconv.Atoi(u.Gid)
	return uid, gid, err
}
