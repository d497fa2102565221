package load

import (
	"os/exec"
	"syscall"
)

// dieWithUs makes cmd end with this process, even if that is killed.
func dieWithUs(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}
