//go:build !unix

package servertest

import "os"

// canSignal: no server is started here, so that nothing needs a signal.
const canSignal = false

func pause(*os.Process) {}

func resume(*os.Process) {}
