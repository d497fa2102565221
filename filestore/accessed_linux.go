package filestore

import (
	"io/fs"
	"syscall"
	"time"
)

// accessed returns the time of the last access of a file. The zero time is not known.
func accessed(info fs.FileInfo) time.Time {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return time.Time{}
	}
	return time.Unix(stat.Atim.Unix())
}
