package live

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// aliveEvery is how often a stream says something, lest a proxy ends it.
const aliveEvery = 20 * time.Second

// events sends each line in an event, and "ended" when the login ends. A browser whose stream is
// cut comes back by itself, and says which event was the last that it has got.
func (p *pages) events(login context.Context, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	last, _ := strconv.Atoi(r.Header.Get("Last-Event-ID")) // 0: from the beginning
	for say(w, ": here") {
		alive, cancel := context.WithTimeout(login, aliveEvery)
		line, number, ok := p.board.after(alive, last)
		cancel()
		switch {
		case ok:
			text, _ := json.Marshal(line) // on one line
			say(w, fmt.Sprintf("id: %d\ndata: %s", number, text))
			last = number
		case hasEnded(login):
			say(w, "event: ended\ndata:")
			return
		case login.Err() != nil:
			return
		}
	}
}

// say writes to a stream, and reports whether there is still somebody.
func say(w http.ResponseWriter, text string) bool {
	out := http.NewResponseController(w)
	if out.SetWriteDeadline(time.Now().Add(writeTime)) != nil { // in place of the server's
		return false
	}
	_, err := fmt.Fprint(w, text, "\n\n")
	return err == nil && out.Flush() == nil
}
