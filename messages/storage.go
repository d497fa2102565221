package messages

import (
	"log/slog"
	"net/http"
	"sort"

	"github.com/jamsession/jamsession/internal/httpcache"
	"github.com/jamsession/jamsession/internal/httpcookie"
	"github.com/jamsession/jamsession/internal/setcookie"
	"github.com/jamsession/jamsession/internal/signing"
)

// maxCookie is how long the cookie's value may be, as in Django.
const maxCookie = 2048

// load reads the messages that came with the request, once.
func (x *exchange) load() {
	if x.loaded {
		return
	}
	x.loaded = true
	unfinished := x.storage == StorageSession
	if !unfinished {
		var list []Message
		list, unfinished = x.loadCookie()
		x.waiting = notices(list)
	}
	if unfinished && x.storage != StorageCookie {
		x.waiting = append(x.waiting, x.loadSession()...)
	}
}

// loadCookie returns the messages of the cookie, and whether the session has
// more.
func (x *exchange) loadCookie() (list []Message, unfinished bool) {
	httpcache.Require(x, x.writer.Header(), httpcache.VaryCookie)
	value, ok := httpcookie.Lookup(x.req.Header, x.m.opts.Cookie.Name)
	if !ok {
		return nil, false
	}
	x.cookie = true
	text, err := x.m.signer.Loads([]byte(value), signing.NoMaxAge, maxSize)
	if err == nil {
		list, unfinished, err = decode(text)
	}
	if err != nil {
		x.send("")
		return nil, false
	}
	return list, unfinished
}

// store keeps what waits, and nothing else.
func (x *exchange) store() {
	httpcache.Require(x, x.writer.Header(), httpcache.Private)
	list := x.waiting
	switch x.storage {
	case StorageSession:
		x.storeSession(list)
	case StorageCookie:
		if rest := x.storeCookie(list, true); len(rest) > 0 {
			x.warn("messages: too many for the cookie; the oldest are dropped", len(rest))
		}
	default:
		x.storeSession(x.storeCookie(list, false))
	}
}

// storeCookie puts as many messages into the cookie as fit, and returns the
// others: the oldest, or the newest.
func (x *exchange) storeCookie(list []notice, dropOldest bool) (rest []notice) {
	if len(list) == 0 {
		if x.cookie {
			x.send("")
		}
		return nil
	}
	value, rest := x.fit(list, dropOldest)
	x.cookie = true
	x.send(string(value))
	return rest
}

// fit returns the value of a cookie with as many messages as it can have, and
// the others. It tries few lengths, since each is signed and compressed.
func (x *exchange) fit(list []notice, dropOldest bool) (value []byte, rest []notice) {
	fits := func(dropped int) bool {
		kept := list[:len(list)-dropped]
		rest = list[len(list)-dropped:]
		if dropOldest {
			kept, rest = list[dropped:], list[:dropped]
		}
		value = x.m.signer.Dumps(inCookie.encode(texts(kept), dropped > 0), true)
		return len(value) <= maxCookie
	}
	if !fits(0) {
		fits(1 + sort.Search(len(list)-1, func(n int) bool { return fits(1 + n) }))
	}
	return value, rest
}

func (x *exchange) warn(what string, dropped int) {
	x.m.opts.Logger.WarnContext(x.req.Context(), what, slog.Int("dropped", dropped))
}

// send has the cookie put into the response when it begins, in place of an older one. One
// without a value is deleted.
func (x *exchange) send(value string) {
	if httpcache.Begun(x) {
		x.tooLate()
		return
	}
	x.value = value
	if !x.toSend {
		x.toSend = true
		httpcache.From(x).AtBegin(x.write)
	}
}

// write puts the cookie into the header of a response that begins. A page that failed has
// shown nobody what was taken, and what was to be said of a success is not true: as with a
// session, nothing is kept then, and what waited waits.
func (x *exchange) write(h http.Header, status int) {
	if status >= http.StatusInternalServerError {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	o := &x.m.opts.Cookie
	c := setcookie.Removal(o)
	if x.value != "" {
		c = setcookie.New(o, x.req, x.value)
	}
	if setcookie.Others(h, c.Name, c.Domain, c.Path, "", x.req.URL.Path) {
		x.m.opts.Logger.WarnContext(x.req.Context(),
			"messages: the response sets the cookie already, and the messages of this request are lost")
		return
	}
	setcookie.Send(x, h, c, httpcache.Private)
}

// tooLate tells the log once per request.
func (x *exchange) tooLate() {
	if x.late {
		return
	}
	x.late = true
	x.m.opts.Logger.ErrorContext(x.req.Context(),
		"messages: the response has begun, and the cookie cannot change: what was taken "+
			"is shown again, what was added is lost; write the page into a buffer first",
		slog.String("method", x.req.Method), slog.String("pattern", x.req.Pattern))
}
