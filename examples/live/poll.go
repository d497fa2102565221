package live

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// pollTime is how long a page waits for an answer; less than the WriteTimeout of the server.
const pollTime = 25 * time.Second

// poll answers with the line after the number that the page has seen: 200 as soon as there is one,
// 204 if there is none for a while, and 401 when the login ends, as RequireLogin does to a script.
func (p *pages) poll(login context.Context, w http.ResponseWriter, r *http.Request) {
	seen, _ := strconv.Atoi(r.FormValue("seen"))
	ctx, cancel := context.WithTimeout(login, pollTime)
	defer cancel()
	line, number, ok := p.board.after(ctx, seen)
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case ok:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"line": line, "number": number})
	case hasEnded(login):
		w.WriteHeader(http.StatusUnauthorized)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}
