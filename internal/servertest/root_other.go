//go:build !linux

package servertest

import (
	"os/exec"
	"time"
)

// runAs leaves cmd as it is: tests run as an ordinary user here.
func runAs(*exec.Cmd, string) error { return nil }

func kill(cmd *exec.Cmd, _ string) { _ = cmd.Process.Kill() }

func waitForStop(*exec.Cmd) { time.Sleep(100 * time.Millisecond) }

func own(string, string) error { return nil }
