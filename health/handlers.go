package health

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/jamsession/jamsession/internal/randomtext"
	"github.com/jamsession/jamsession/session"
)

// Store returns a check, named "store", that asks a store of sessions for a record that is not
// there.
func Store(store session.Store) Check {
	return Check{"store", func(ctx context.Context) error {
		_, err := store.Load(ctx, randomtext.Of("abcdefghijklmnopqrstuvwxyz0123456789", 32))
		if errors.Is(err, session.ErrNotFound) {
			return nil
		}
		return err
	}}
}

// Live returns a handler that answers 200: the process is there. It asks nobody: a process is
// not to be ended because the database is down.
func (h *Health) Live() http.Handler {
	return handler(func(context.Context) (bool, string) { return true, "alive\n" })
}

// Ready returns a handler that answers 200 if all parts answer, and else 503, with a line for
// each part: "store: ok" or "store: unavailable". The log has the reason.
func (h *Health) Ready() http.Handler {
	return handler(func(ctx context.Context) (bool, string) {
		if h.draining.Load() {
			return false, "ending\n"
		}
		ready, text := true, new(strings.Builder)
		for _, a := range h.Ask(ctx) {
			word := "ok"
			if !a.OK {
				ready, word = false, "unavailable"
			}
			text.WriteString(a.Name + ": " + word + "\n")
		}
		if text.Len() == 0 {
			text.WriteString("ready\n")
		}
		return ready, text.String()
	})
}

func handler(answer func(context.Context) (bool, string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("X-Content-Type-Options", "nosniff")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		ok, text := answer(r.Context())
		if !ok {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = w.Write([]byte(text)) // there is nobody to tell
	})
}
