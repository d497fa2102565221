package django

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// merging returns the same exchange with a Django site that has the engines of
// jamsession_sessions.
func (x exchange) merging() exchange {
	merging := *x.django
	merging.name, merging.url = "Django with jamsession_sessions", x.django.url+"/merging"
	p := *x.pair
	p.django = &merging
	return x.between(&p)
}

// tryMerging: such a site shares all that the plain one shares, and keeps what Go has saved
// while its request was in flight.
func tryMerging(t *testing.T, x exchange) {
	x = x.merging()
	tryData(t, x)
	tryLogin(t, x)
	tryLogout(t, x)
	tryPassword(t, x)
	trySetExpiry(t, x)
	tryLogoutInFlight(t, x)
	tryMergingOvertaken(t, x)
	b := logIn(t, x.django, x.newUser(t, x.golang))
	if items := b.get(x.golang, "/items"); !strings.Contains(items, `"_login_time":`) {
		t.Errorf("the login does not say when it was: %s", items)
	}
}

// tryMergingOvertaken: nothing is lost, whoever saves last.
func tryMergingOvertaken(t *testing.T, x exchange) {
	b := newBrowser(t)
	b.post(x.from, "/items", "items", `{"a":0}`)
	finish := b.begin(x.to, "/slow", "items", `{"late":1.0}`)
	copyOf(b).post(x.from, "/items", "items", `{"early":1.0}`)
	if status, text := finish(); status != http.StatusOK {
		t.Fatalf("%s, which was in flight: %d %s", x.to, status, text)
	}
	for _, at := range x.sides() {
		is(t, "seen by "+at.name, b.get(at, "/items"), `{"a":0,"early":1.0,"late":1.0}`)
	}
}

// tryAtOnceMerging: nothing of what either side has saved is lost.
func tryAtOnceMerging(t *testing.T, x exchange) {
	lost, all := x.merging().writeAtOnce(t)
	results.measure(x.cell, lost, all)
	if lost > 0 {
		t.Errorf("%d of %d are lost", lost, all)
	}
}

// tryLogouts: how often a session is back after its logout, because the plain Django was
// writing it.
func tryLogouts(t *testing.T, x exchange) {
	results.measure(x.cell, x.logOutWhileWriting(t), logoutRounds)
}

// tryLogoutsMerging: never, if both sides compare.
func tryLogoutsMerging(t *testing.T, x exchange) {
	back := x.merging().logOutWhileWriting(t)
	results.measure(x.cell, back, logoutRounds)
	if back > 0 {
		t.Errorf("%d of %d sessions are back after their logout", back, logoutRounds)
	}
}

const logoutRounds = 5

// logOutWhileWriting ends sessions on the first side while both sides write them, and
// returns how many are there at the end.
func (x exchange) logOutWhileWriting(t *testing.T) (back int) {
	t.Helper()
	for range logoutRounds {
		b := newBrowser(t)
		b.post(x.golang, "/items", "items", `{"a":0}`)
		token := url.Values{"csrfmiddlewaretoken": {b.token(x.golang)}, "items": {`{"b":0}`}}
		tab := copyOf(b)
		started, done := make(chan struct{}, 3), make(chan struct{})
		var writers sync.WaitGroup
		for _, at := range []*side{x.django, x.django, x.golang} {
			writers.Go(func() { writeOn(t, tab, at, token, started, done) })
		}
		for range cap(started) {
			<-started
		}
		if status, text := b.do(x.from, http.MethodPost, "/logout", token); status != http.StatusOK {
			t.Errorf("logout at %s: %d %.200s", x.from, status, text)
		}
		close(done)
		writers.Wait()
		if strings.Contains(copyOf(tab).get(x.golang, "/items"), `"a":0`) ||
			strings.Contains(copyOf(tab).get(x.django, "/items"), `"a":0`) {
			back++
		}
	}
	return back
}

// writeOn saves the session of a tab again and again, with the key that it had. Whether it
// can is not of interest: it ends meanwhile.
func writeOn(
	t *testing.T, tab *browser, at *side, form url.Values, started chan<- struct{}, done <-chan struct{},
) {
	for first := true; ; first = false {
		if status, text, err := copyOf(tab).ask(at, http.MethodPost, "/items", form); err != nil ||
			status != http.StatusOK && status != http.StatusBadRequest {
			t.Errorf("%s: %d %.200s, %v", at, status, text, err)
		}
		if first {
			started <- struct{}{}
		}
		select {
		case <-done:
			return
		default:
		}
	}
}
