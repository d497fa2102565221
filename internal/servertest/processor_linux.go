package servertest

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// Processor returns how long the server's processes that are alive have kept processors busy.
func (s *Server) Processor() (busy time.Duration) {
	for _, pid := range workingIn(s.dir) {
		busy += processorOf(pid)
	}
	return busy
}

func processorOf(pid int) time.Duration {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0 // it has just ended
	}
	const tick = time.Second / 100 // that of all systems that Go runs on
	var user, system int64
	after := text[bytes.LastIndexByte(text, ')')+1:] // behind the program's name
	fields := bytes.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	_, _ = fmt.Sscan(string(fields[11])+" "+string(fields[12]), &user, &system)
	return time.Duration(user+system) * tick
}
