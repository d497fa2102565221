package metrics

import (
	"strings"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/telemetry"
	"github.com/jamsession/jamsession/session"
)

// escape is how labels are written; the names of parts come from the program.
var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func init() {
	telemetry.Took = func(m any, op session.Op) []uint64 { return m.(*Metrics).took[op].counts() }
}

// Count returns how many events of a kind there were since the process has begun.
func (m *Metrics) Count(kind auth.EventKind) uint64 {
	return m.events[telemetry.IndexOf(telemetry.Kinds[:], kind)].Load()
}

// CountSessions returns how many records met one of the ends that jamsession_sessions_total
// counts, such as "conflict"; zero for another word.
func (m *Metrics) CountSessions(event string) uint64 {
	for i, label := range telemetry.SessionEvents {
		if label == event {
			return m.countSessions(i)
		}
	}
	return 0
}
