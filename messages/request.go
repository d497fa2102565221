package messages

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/jamsession/jamsession/internal/carrier"
	"github.com/jamsession/jamsession/internal/conceal"
	"github.com/jamsession/jamsession/internal/httpcache"
	"github.com/jamsession/jamsession/internal/travel"
)

// Handler serves [Add] and [Take] on the requests that reach next. It belongs
// inside session's Manager.Handler, unless Storage is StorageCookie. A second Handler
// of the same manager on one request steps aside.
func (m *Manager) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if carrier.Of[exchange](r.Context(), m) != nil {
			conceal.ServeHTTP(next, w, r)
			return
		}
		x, way := &exchange{m: m, storage: m.opts.Storage}, travel.Of(r.Context())
		if m.opts.Storage != StorageSession {
			way.Claim("messages", m.opts.Cookie.Name)
		}
		if !way.Ambient {
			x.storage = StorageSession // the client has no cookies
		}
		x.Context = carrier.New(r.Context(), "messages exchange", m, x, &x.own)
		x.writer = x.own.Around(r.Context(), w)
		x.req = r.WithContext(x)
		x.own.Serve(next, x.writer, x.req)
	})
}

// Add keeps a message until a page takes it, unless it is empty or below
// Options.MinLevel. At most 100 messages wait, 128 KiB together; beyond that
// the oldest are dropped, and so is one that is longer by itself. Call it
// before the response begins, from the handler's goroutine: it changes the
// header. It panics if the request did not pass through [Manager.Handler].
func Add(r *http.Request, m Message) {
	x := mustExchange(r, "Add")
	if m.Text == "" || m.Level < x.m.opts.MinLevel {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if m.size() > maxText {
		x.warn("messages: one is too long; it is dropped", 1)
		return
	}
	x.load()
	m.LevelTag = ""
	// It is compared with what is read again, and JSON has valid texts only.
	m.Text, m.ExtraTags = strings.ToValidUTF8(m.Text, "\ufffd"), strings.ToValidUTF8(m.ExtraTags, "\ufffd")
	x.waiting = append(x.waiting, newNotice(m))
	kept := latest(x.waiting)
	if n := len(x.waiting) - len(kept); n > 0 {
		x.waiting = kept
		x.warn("messages: too many wait; the oldest are dropped", n)
	}
	x.store()
}

// These bound what a visitor who never looks can pile up: messages, and bytes
// of them. In JSON a byte can take six, and together they fit into maxSize.
const (
	maxWaiting = 100
	maxText    = 128 << 10
)

// latest returns the end of list that may wait.
func latest(list []notice) []notice {
	size := 0
	for i := len(list) - 1; i >= 0; i-- {
		size += list[i].size()
		if size > maxText || len(list)-i > maxWaiting {
			return list[i+1:]
		}
	}
	return list
}

func (m Message) size() int { return len(m.Text) + len(m.ExtraTags) }

// Debug adds a message for developers. It is dropped unless Options.MinLevel is
// at most LevelDebug.
func Debug(r *http.Request, text string) { Add(r, Message{Level: LevelDebug, Text: text}) }

// Info adds a message. Call it as you would call [Add].
func Info(r *http.Request, text string) { Add(r, Message{Level: LevelInfo, Text: text}) }

// Success adds a message that something was done.
func Success(r *http.Request, text string) { Add(r, Message{Level: LevelSuccess, Text: text}) }

// Warning adds a message that something may go wrong.
func Warning(r *http.Request, text string) { Add(r, Message{Level: LevelWarning, Text: text}) }

// Error adds a message that something was not done.
func Error(r *http.Request, text string) { Add(r, Message{Level: LevelError, Text: text}) }

// Take returns and removes the waiting messages, the oldest first.
// Call it before the response begins, like [Add]. If the response has a status of 500 or
// above, the messages stay.
func Take(r *http.Request) []Message {
	x := mustExchange(r, "Take")
	x.mu.Lock()
	defer x.mu.Unlock()
	x.load()
	list := texts(x.waiting)
	for i := range list {
		list[i].LevelTag = x.m.opts.tag(list[i].Level)
	}
	if len(list) > 0 {
		x.waiting = nil
		x.store()
	}
	return list
}

// Func returns [Take] for a template, so that a page which does not show
// messages does not lose them. Execute the template into a buffer, and write
// that: once the first byte has left, the cookie cannot change, and the next
// page shows the same messages again. Inside session's Manager.Handler that is
// logged as an error.
func Func(r *http.Request) func() []Message {
	return func() []Message { return Take(r) }
}

// An exchange is one request with its messages. It is also the request's
// context, which saves an allocation.
type exchange struct {
	carrier.Context[exchange]

	m       *Manager
	req     *http.Request
	writer  http.ResponseWriter
	storage Storage

	mu        sync.Mutex
	loaded    bool
	waiting   []notice
	cookie    bool // the browser has the cookie, or will have
	toSend    bool // the response is to set the cookie to value, or to remove it
	value     string
	late      bool     // it was logged that the cookie could not change
	inSession []notice // what this request knows to be in the session

	own httpcache.Writer // the writer, if no handler around this one meets what is wanted
}

func exchangeOf(ctx context.Context) *exchange { return carrier.From[exchange](ctx) }

func mustExchange(r *http.Request, caller string) *exchange {
	x := exchangeOf(r.Context())
	if x == nil {
		panic("messages: " + caller + ": the request did not pass through Manager.Handler")
	}
	return x
}
