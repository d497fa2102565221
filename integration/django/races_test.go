package django

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// onServer: the session is not in the visitor's cookie.
func onServer(e engine) bool { return !e.inCookie() }

func isCachedDB(e engine) bool { return e.engine == "cached_db" }

// checksThenWrites: Django first looks whether the session is there, and then
// stores it, in two steps.
func checksThenWrites(e engine) bool { return onServer(e) && e.engine != "db" }

// tryOvertaken: the first side saves while a request of the other is in
// flight, which saves afterwards. Go keeps what Django has saved. Django does
// not keep what Go has saved: it writes back all that it has loaded. Of two
// cookies that hold the session, the last one counts.
func tryOvertaken(t *testing.T, x exchange) {
	b := newBrowser(t)
	b.post(x.from, "/items", "items", `{"a":0}`)
	finish := b.begin(x.to, "/slow", "items", `{"late":1.0}`)
	tab := copyOf(b)
	is(t, "saved by "+x.from.name, tab.post(x.from, "/items", "items", `{"early":1.0}`), `{"a":0,"early":1.0}`)
	if status, text := finish(); status != http.StatusOK {
		t.Fatalf("%s, which was in flight: %d %s", x.to, status, text)
	}
	want := `{"a":0,"early":1.0,"late":1.0}`
	if x.to == x.django || x.engine.inCookie() {
		want = `{"a":0,"late":1.0}`
	}
	for _, at := range x.sides() {
		is(t, "seen by "+at.name, b.get(at, "/items"), want)
	}
}

// tryAtOnce: visitors of Go and one of Django write one session as fast as they can.
// Nothing that Django has saved is lost. How much of what Go has saved Django
// overwrites stands below the table.
func tryAtOnce(t *testing.T, x exchange) {
	lost, all := x.writeAtOnce(t)
	results.measure(x.cell, lost, all)
}

// writeAtOnce returns how much of what Go has saved is lost.
func (x exchange) writeAtOnce(t *testing.T) (lost, of int) {
	t.Helper()
	b := newBrowser(t)
	b.post(x.from, "/items", "items", `{"a":0}`)
	token := b.token(x.golang)
	goDone := make(chan struct{})
	var goWriters, djangoWriter sync.WaitGroup
	saved := make([][]string, 3)
	for n := range saved {
		tab := copyOf(b)
		goWriters.Go(func() { saved[n] = tab.writeUntil(x.golang, nil, token, fmt.Sprintf("go%d", n)) })
	}
	var django []string
	djangoWriter.Go(func() { django = copyOf(b).writeUntil(x.django, goDone, token, "django") })
	goWriters.Wait()
	close(goDone)
	djangoWriter.Wait()
	items := b.get(x.golang, "/items")
	if missing := missing(items, django); len(missing) > 0 {
		t.Errorf("of Django's items %s are lost: %s", missing, items)
	}
	b.post(x.to, "/items", "items", `{"last":1}`)
	is(t, "seen by Django at last", b.get(x.django, "/items"), b.get(x.golang, "/items"))
	all := slices.Concat(saved...)
	return len(missing(items, all)), len(all)
}

// missing returns those of some items that are not among the others.
func missing(items string, some []string) []string {
	return slices.DeleteFunc(slices.Clone(some), func(item string) bool { return strings.Contains(items, item) })
}

// mostWrites is how many items a visitor writes at most: a session of thousands is slow.
const mostWrites = 40

// writeUntil saves item after item, and returns them.
func (b *browser) writeUntil(at *side, done <-chan struct{}, token, name string) (saved []string) {
	for i := range mostWrites {
		select {
		case <-done:
			return saved
		default:
		}
		item := fmt.Sprintf(`"%s-%d":1`, name, i)
		status, text, err := b.ask(at, http.MethodPost, "/items",
			map[string][]string{"csrfmiddlewaretoken": {token}, "items": {"{" + item + "}"}})
		if err != nil || status != http.StatusOK {
			b.t.Errorf("%s: %d %.300s, %v", at, status, text, err)
			return saved
		}
		saved = append(saved, item)
	}
	return saved
}

// tryLogoutInFlight: a logout on one side is final, even for a request that
// the other side has begun and that saves afterwards. But a cookie that holds
// the session cannot be taken back, except by Go from Go: the row of the login is gone.
func tryLogoutInFlight(t *testing.T, x exchange) {
	name := x.newUser(t, x.from)
	b := logIn(t, x.from, name)
	tab := copyOf(b)
	finish := tab.begin(x.to, "/slow", "items", `{"late":1.0}`)
	b.post(x.from, "/logout")
	want, wantStatus := "nobody", http.StatusBadRequest
	if x.engine.inCookie() {
		want, wantStatus = name, http.StatusOK
	}
	if status, text := finish(); status != wantStatus {
		t.Errorf("%s, which was in flight: %d %.200s, want %d", x.to, status, text, wantStatus)
	}
	for _, at := range x.sides() {
		seen := want
		if at == x.from && at == x.golang {
			seen = "nobody"
		}
		is(t, "seen by "+at.name, copyOf(tab).get(at, "/me"), seen)
	}
}

// tryLateWrite: where Django looks first and writes then, a logout between the
// two is undone: for both sides if there is no other record. If the record is
// in the database, it is undone for Django only, until Go sees the entry of
// the cache; and so it is if Go has deleted the row of the login.
func tryLateWrite(t *testing.T, x exchange) {
	name := x.newUser(t, x.from)
	b := logIn(t, x.from, name)
	is(t, "before the logout", b.get(x.django, "/me"), name) // from the cache from now on
	tab := copyOf(b)
	finish := tab.begin(x.django, "/late", "items", `{"late":1.0}`)
	b.post(x.from, "/logout")
	if status, text := finish(); status != http.StatusOK {
		t.Errorf("Django's late write: %d %.200s", status, text)
	}
	is(t, "seen by Django", copyOf(tab).get(x.django, "/me"), name)
	want := name
	if isCachedDB(x.engine) || x.from == x.golang {
		want = "nobody"
	}
	is(t, "seen by Go", copyOf(tab).get(x.golang, "/me"), want)
	is(t, "seen by Django then", copyOf(tab).get(x.django, "/me"), want)
}

// refillLate logs a user out on the first side while Django reads the session,
// and then lets Django put what it has read into the cache.
func refillLate(t *testing.T, x exchange) (name string, tab *browser) {
	t.Helper()
	name = x.newUser(t, x.from)
	b := logIn(t, x.from, name)
	tab = copyOf(b)
	tab.get(x.django, "/forget")
	finish := tab.begin(x.django, "/late")
	b.post(x.from, "/logout")
	if status, text := finish(); status != http.StatusOK || !strings.Contains(text, "_auth_user_id") {
		t.Errorf("Django's late read: %d %.200s", status, text)
	}
	return name, tab
}

// tryLateRefill: Django's cached_db puts into the cache a session that was
// deleted since it read it. Then Django serves it, to read only; Go does not
// believe such an entry.
func tryLateRefill(t *testing.T, x exchange) {
	name, tab := refillLate(t, x)
	is(t, "seen by Django", copyOf(tab).get(x.django, "/me"), name)
	if status, _ := copyOf(tab).send(x.django, "/items", "items", `{"a":1}`); status != http.StatusBadRequest {
		t.Errorf("Django's next write: %d, want 400", status)
	}
	is(t, "seen by Go", copyOf(tab).get(x.golang, "/me"), "nobody")
	is(t, "seen by Django when Go has seen it", copyOf(tab).get(x.django, "/me"), "nobody")
}

// tryRemedy: with the engine of jamsession_sessions a logout is final.
func tryRemedy(t *testing.T, x exchange) {
	x = x.merging()
	_, tab := refillLate(t, x)
	for _, at := range x.sides() {
		is(t, "after a late refill, at "+at.name, copyOf(tab).get(at, "/me"), "nobody")
	}
	b := logIn(t, x.from, x.newUser(t, x.to))
	tab = copyOf(b)
	finish := tab.begin(x.django, "/late", "items", `{"late":1.0}`)
	b.post(x.from, "/logout")
	finish()
	for _, at := range x.sides() {
		is(t, "after a late write, at "+at.name, copyOf(tab).get(at, "/me"), "nobody")
	}
	is(t, "an ordinary visit", logIn(t, x.from, x.newUser(t, x.to)).get(x.to, "/items")[:2], `{"`)
}
