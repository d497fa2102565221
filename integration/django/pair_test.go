package django

import (
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jamsession/jamsession/site"
)

const (
	secretKey = "mR5uZ8xw3LqT1vBn7KcY4hJd0GfSe9AiPo2UtWlXyQ6z"

	// iterations are few, so that logins are quick. The cost of a hash has to
	// be the same on both sides, or each rewrites what the other has stored.
	iterations = 1000
)

// A pair is a Django site and a Go site that share all.
type pair struct {
	engine engine
	place  place
	django *side
	golang *side
	site   *site.Site // of the Go site

	// second returns a pair at the same place with other settings.
	second func() *pair

	// limited and bounded return further Go sites at the same place, with an
	// idle and with an absolute limit.
	limited, bounded func() *side
}

// open starts a pair of sites on an engine. The Go site makes its tables, and
// Django those of its admin, unless it has a project of its own.
func open(t *testing.T, e engine) *pair {
	t.Helper()
	if e.project != nil {
		return openProject(t, e)
	}
	at := e.place(t)
	p := openAt(t, e, at, nil, nil)
	p.second = sync.OnceValue(func() *pair { return openAt(t, e, at, sessionsForAllGo, sessionsForAllDjango) })
	p.limited = sync.OnceValue(func() *side { return p.anotherGo(t, "SESSION_IDLE_TIMEOUT", idleTimeout) })
	p.bounded = sync.OnceValue(func() *side {
		return p.anotherGo(t, "SESSION_ABSOLUTE_TIMEOUT", absoluteTimeout)
	})
	return p
}

// The settings of a second pair, which keeps the secret of forms and messages
// in the session, and saves it at every request.
var (
	sessionsForAllGo = map[string]string{
		"CSRF_USE_SESSIONS": "true", "MESSAGE_STORAGE": "session",
		"SESSION_SAVE_EVERY_REQUEST": "true", "SESSION_REFRESH_INTERVAL": "-1",
	}
	sessionsForAllDjango = map[string]any{
		"CSRF_USE_SESSIONS": true, "SESSION_SAVE_EVERY_REQUEST": true,
		"MESSAGE_STORAGE": "django.contrib.messages.storage.session.SessionStorage",
	}
)

// openAt starts a pair at a place, with further settings of each side.
func openAt(t *testing.T, e engine, at place, golang map[string]string, django map[string]any) *pair {
	t.Helper()
	p := &pair{engine: e, place: at}
	p.site, p.golang = startGo(t, p.flags(golang))
	p.django = startDjango(t, p.config(django))
	results.ran(p.django)
	return p
}

// config returns the settings of a Django site at the place, with these beside them.
func (p *pair) config(more map[string]any) map[string]any {
	config := map[string]any{
		"SECRET_KEY": secretKey, "SESSION_ENGINE": "django.contrib.sessions.backends." + p.engine.engine,
	}
	maps.Copy(config, p.place.django)
	maps.Copy(config, more)
	return config
}

func (p *pair) anotherGo(t *testing.T, setting string, value time.Duration) *side {
	t.Helper()
	_, another := startGo(t, p.flags(map[string]string{setting: fmt.Sprint(value.Seconds())}))
	return another
}

// flags returns the settings of a Go site at the place, with these beside them.
func (p *pair) flags(more map[string]string) map[string]string {
	flags := map[string]string{
		"SECRET_KEY": secretKey, "SESSION_ENGINE": p.engine.engine, "PBKDF2_ITERATIONS": fmt.Sprint(iterations),
		"LOGIN_URL": "/login",
	}
	maps.Copy(flags, p.place.golang)
	maps.Copy(flags, more)
	return flags
}

var serial atomic.Int64

// newName returns a name for a user, or for something else, that is not taken.
func newName() string { return fmt.Sprintf("user%d", serial.Add(1)) }
