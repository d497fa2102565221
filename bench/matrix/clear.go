package matrix

import (
	"strings"
	"time"

	"github.com/jamsession/jamsession/session"
)

// clearing adds to an entrant that its store is cleared, after fill has put
// expired sessions into it.
func clearing(e entrant, store session.Store, fill func()) entrant {
	e.expired = fill
	e.clear = func() {
		n, err := store.ClearExpired(context(), time.Now())
		mustNot(err)
		must(n == expiredSessions, "what was cleared is not what had expired")
	}
	return e
}

// expiredKey returns a key like others, that is easy to make.
func expiredKey(i int) string { return easyKey("expired", i) }

// bareKey returns a key for a floor's own record.
func bareKey(i int) string { return easyKey("bareone", i) }

func easyKey(prefix string, i int) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz012345"
	var key strings.Builder
	key.WriteString(prefix)
	for range 25 {
		key.WriteByte(alphabet[(i*7+key.Len())%32])
		i /= 2
	}
	return key.String()
}

// record is one that lives for an hour.
func record(key, data string) session.Record {
	return session.Record{Key: key, Data: []byte(data), Expiry: time.Now().Add(time.Hour)}
}
