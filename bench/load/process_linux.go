package load

import (
	"os/exec"
	"syscall"
)

// dieWithUs lets cmd end with this process, also if that is killed.
func dieWithUs(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}
