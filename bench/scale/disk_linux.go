package scale

import "syscall"

// A row takes this much disk with its indexes, its write-ahead log, and the
// copy of the table that the second way to delete starts from.
const (
	postgreSQLRowSpace = 1400
	sqliteRowSpace     = 1500
)

// needDisk ends the run if the disk would fill up, before it does.
func (r *run) needDisk() {
	var disk syscall.Statfs_t
	r.check("look for free space in /tmp", syscall.Statfs("/tmp", &disk))
	free := int(disk.Bavail) * int(disk.Bsize)
	need := r.size.PostgreSQL*postgreSQLRowSpace + r.size.SQLite*sqliteRowSpace
	if free < need {
		r.Fatalf("/tmp has %d MB free, and this needs %d MB; give fewer -rows", free>>20, need>>20)
	}
}

// writeBack returns when what was written before is on the disk.
func writeBack() { syscall.Sync() }
