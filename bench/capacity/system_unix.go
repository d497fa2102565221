//go:build unix

package capacity

import (
	"syscall"
	"time"
)

// blocks returns what a file, or the list of a folder's names, takes on the disk.
func (r *run) blocks(path string) float64 {
	const unit = 512
	var stat syscall.Stat_t
	r.check("measure", syscall.Stat(path, &stat))
	return float64(stat.Blocks) * unit
}

// processor returns how long this process has kept processors busy.
func processor() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
