package django

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// cookieAge is SESSION_COOKIE_AGE, in seconds.
const cookieAge = 1209600

// A span is two moments between which something was done.
type span struct{ from, to time.Time }

// during measures f.
func during(f func()) span {
	begin := time.Now()
	f()
	return span{begin, time.Now()}
}

// plus returns the span that many seconds later.
func (s span) plus(seconds int) span {
	d := time.Duration(seconds) * time.Second
	return span{s.from.Add(d), s.to.Add(d)}
}

// has reports whether the second t is in the span.
func (s span) has(t int64) bool { return s.from.Unix() <= t && t <= s.to.Unix() }

// ends fails the test unless the side says that the session, if it were saved
// now, would end after this many seconds, and with the browser or not.
func (b *browser) ends(at *side, seconds int, browser bool) {
	b.t.Helper()
	var text string
	asked := during(func() { text = b.get(at, "/expiry") })
	b.says(at, text, asked.plus(seconds), browser)
}

func (b *browser) says(at *side, text string, want span, browser bool) {
	b.t.Helper()
	var end int64
	var closes int
	if _, err := fmt.Sscan(text, &end, &closes); err != nil {
		b.t.Fatal(err)
	}
	if !want.has(end) || (closes == 1) != browser {
		b.t.Errorf("%s: ends at %d, with the browser %d; want from %d to %d, %v",
			at, end, closes, want.from.Unix(), want.to.Unix(), browser)
	}
}

// gotCookie fails the test unless the last answer set the session cookie with
// this lifetime; 0 means none: until the browser closes.
func (b *browser) gotCookie(seconds int) {
	b.t.Helper()
	if !b.mayHaveGotCookie(seconds) {
		b.t.Error("no session cookie was set")
	}
}

// mayHaveGotCookie fails the test if the last answer set the session cookie with another
// lifetime, and reports whether it set it. Go prolongs it only now and then.
func (b *browser) mayHaveGotCookie(seconds int) bool {
	b.t.Helper()
	for _, c := range b.last.Cookies() {
		if c.Name == "sessionid" {
			if c.MaxAge != seconds || c.Expires.IsZero() != (seconds == 0) {
				b.t.Errorf("cookie: Max-Age %d, Expires %v; want %d", c.MaxAge, c.Expires, seconds)
			}
			return true
		}
	}
	return false
}

// stored fails the test unless the record ends in the span.
func (x exchange) stored(t *testing.T, b *browser, want span) {
	t.Helper()
	rec, err := x.site.Store.Load(t.Context(), b.cookie("sessionid"))
	if err != nil {
		t.Fatal(err)
	}
	if !rec.Expiry.IsZero() && !want.has(rec.Expiry.Unix()) {
		t.Errorf("the record ends at %v, want from %v to %v", rec.Expiry, want.from, want.to)
	}
}

// trySetExpiry: a session ends when one side says so, and the other says the
// same, to the second; even when it has saved the session itself.
func trySetExpiry(t *testing.T, x exchange) {
	for _, c := range []struct {
		value           string
		seconds, maxAge int
	}{
		{"300", 300, 300}, {"86400", 86400, 86400}, {"0", cookieAge, 0}, {"default", cookieAge, cookieAge},
	} {
		b := newBrowser(t)
		b.post(x.from, "/items", "items", `{"a":1}`)
		b.post(x.from, "/expiry", "expiry", "77")
		saved := during(func() { b.post(x.from, "/expiry", "expiry", c.value) })
		b.gotCookie(c.maxAge)
		x.stored(t, b, saved.plus(c.seconds))
		for _, at := range []*side{x.to, x.from} {
			b.ends(at, c.seconds, c.value == "0")
			saved := during(func() { b.post(at, "/items", "items", `{"b":1}`) })
			if !b.mayHaveGotCookie(c.maxAge) && at.name != "Go" {
				t.Error("Django set no session cookie")
			}
			x.stored(t, b, saved.plus(c.seconds))
		}
	}
}

// tryInstant: a session that names its last instant keeps it on both sides.
func tryInstant(t *testing.T, x exchange) {
	if x.notInDjango(4, 1) {
		return
	}
	hour := time.Now().Add(time.Hour)
	for value, plus := range map[string]int{fmt.Sprintf("at %d", hour.Unix()): 0, "in 500": 500} {
		b := newBrowser(t)
		b.post(x.from, "/items", "items", `{"a":1}`)
		want := during(func() { b.post(x.from, "/expiry", "expiry", value) }).plus(plus)
		if plus == 0 {
			want = span{hour, hour}
		}
		for _, at := range []*side{x.to, x.from} {
			b.says(at, b.get(at, "/expiry"), want, false)
			b.post(at, "/items", "items", `{"b":1}`)
			if at == x.django && x.engine.roundsDown() {
				x.stored(t, b, span{want.from.Add(-time.Second), want.to})
			} else {
				x.stored(t, b, want)
			}
		}
	}
}

// trySaveEvery: with SESSION_SAVE_EVERY_REQUEST a request that does not look
// at its session prolongs it.
func trySaveEvery(t *testing.T, x exchange) {
	x = x.between(x.second())
	b := newBrowser(t)
	b.post(x.from, "/items", "items", `{"a":1}`)
	if !x.engine.inCookie() {
		x.age(t, b, 1000*time.Second)
	}
	saved := during(func() { b.get(x.to, "/nothing") })
	b.gotCookie(cookieAge)
	x.stored(t, b, saved.plus(cookieAge))
}

// age makes the session end earlier, as if it had been saved that long ago.
func (x exchange) age(t *testing.T, b *browser, d time.Duration) {
	t.Helper()
	rec, err := x.site.Store.Load(t.Context(), b.cookie("sessionid"))
	if err != nil {
		t.Fatal(err)
	}
	older := rec
	older.Expiry = time.Now().Add(cookieAge*time.Second - d)
	if err := x.site.Store.Save(t.Context(), rec, older); err != nil {
		t.Fatal(err)
	}
}

// The limits of the Go site that has some.
const (
	idleTimeout     = 2 * time.Second
	absoluteTimeout = time.Hour
)

// tryAbsolute: a Go site with SESSION_ABSOLUTE_TIMEOUT keeps it also for a
// session that Django has made or saved, to the second.
func tryAbsolute(t *testing.T, x exchange) {
	bounded := x.bounded()
	b := newBrowser(t)
	b.post(x.from, "/items", "items", `{"a":1}`)
	saved := during(func() { b.post(bounded, "/items", "items", `{"b":1}`) })
	x.stored(t, b, saved.plus(int(absoluteTimeout.Seconds())))
	begun := time.Now().Add(-absoluteTimeout / 2).Unix()
	b.post(x.from, "/items", "items", fmt.Sprintf(`{"_session_created":%d}`, begun))
	b.post(x.to, "/items", "items", `{"c":1}`)
	end := time.Unix(begun, 0).Add(absoluteTimeout)
	b.says(bounded, b.get(bounded, "/expiry"), span{end, end}, false)
	b.post(bounded, "/items", "items", `{"d":1}`)
	x.stored(t, b, span{end, end})
	begun -= int64(absoluteTimeout.Seconds() / 2)
	b.post(x.from, "/items", "items", fmt.Sprintf(`{"_session_created":%d}`, begun))
	is(t, "after the limit", b.get(bounded, "/items"), "{}")
}

// tryEnd: a session to which one side gives two seconds to live ends on both
// then. So does what a Go site with SESSION_IDLE_TIMEOUT has saved.
//
// Django's files and cookies do not keep what set_expiry says, and its cookies
// know no limit of others.
func tryEnd(t *testing.T, x exchange) {
	own, idle := newBrowser(t), newBrowser(t)
	idleLimit := int(idleTimeout.Seconds())
	own.post(x.from, "/items", "items", `{"a":1}`)
	ownEnd := during(func() { own.post(x.from, "/expiry", "expiry", "2") }).plus(2)
	idle.post(x.from, "/items", "items", `{"a":1}`)
	idleEnd := during(func() { idle.post(x.limited(), "/items", "items", `{"b":1}`) }).plus(idleLimit)
	ownCopy, idleCopy := own.keeper(), idle.keeper()
	for _, at := range []*side{x.golang, x.django} {
		if at == x.golang || x.engine.engine != "file" && !x.engine.inCookie() {
			x.endsAt(t, ownCopy, at, "set_expiry(2)", ownEnd)
		} else {
			if got := ownCopy().get(at, "/items"); !strings.HasPrefix(got, `{"a":1`) {
				t.Errorf("%s, after set_expiry(2), which it does not keep: %s", at, got)
			}
		}
		if !x.engine.inCookie() {
			x.endsAt(t, idleCopy, at, "idle limit", idleEnd)
		}
	}
}

// endsAt waits for the end of the session. Memcached's clock has steps of one
// second, and may end a record that much earlier.
func (x exchange) endsAt(t *testing.T, visitor func() *browser, at *side, what string, end span) {
	t.Helper()
	for {
		var items string
		asked := during(func() { items = visitor().get(at, "/items") })
		switch gone := items == "{}"; {
		case gone && asked.to.Before(end.from.Add(-1100*time.Millisecond)):
			t.Errorf("%s at %s: gone %v too early", what, at, end.from.Sub(asked.to))
			return
		case gone:
			return
		case asked.from.After(end.to.Add(1100 * time.Millisecond)):
			t.Errorf("%s at %s: still there %v later: %s", what, at, asked.from.Sub(end.to), items)
			return
		}
		<-time.After(50 * time.Millisecond)
	}
}
