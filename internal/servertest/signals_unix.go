//go:build unix

package servertest

import (
	"os"
	"syscall"
)

// canSignal: a server can be stopped in order, and paused.
const canSignal = true

func pause(p *os.Process) { _ = p.Signal(syscall.SIGSTOP) }

func resume(p *os.Process) { _ = p.Signal(syscall.SIGCONT) }
