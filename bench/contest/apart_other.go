//go:build !linux

package contest

import "runtime"

// Apart runs start. Processors are kept apart on Linux only.
func Apart(start func()) (together func(), err error) {
	start()
	return func() {}, nil
}

// Processors returns how many there are.
func Processors() int { return runtime.NumCPU() }
