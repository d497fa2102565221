package soak

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
)

// A visitor uses the site, and knows what it must say.
type visitor struct {
	name   string
	soak   *soak
	random *rand.Rand

	key        string   // of the session; "" if the visitor is not logged in
	least      int      // what the count must be at least: the changes that were acknowledged
	most       int      // and at most: those that may have been made
	unsure     bool     // the key may have been moved or ended by a request without an answer
	waits      bool     // the last request was not answered: only look until one is
	stale      bool     // a cache may not have heard of a change
	dead       []string // keys that must open nothing
	late       []string // keys that must open nothing, but a cache may not have heard of it
	generation int      // of the server before the session was made

	asked, done int
}

// step sends one request, or two at once, and returns what is wrong.
func (v *visitor) step() error {
	v.asked++
	switch {
	case v.key == "":
		return v.login()
	case v.waits:
		return v.look("/who")
	}
	switch v.random.IntN(12) {
	case 0:
		return v.logout()
	case 1, 2:
		return v.rotate()
	case 3, 4, 5:
		return v.look("/who")
	case 6, 7, 8:
		if v.soak.engine.inCookie {
			return v.add()
		}
		return v.addTwice()
	default:
		return v.add()
	}
}

// anywhere is one of the two processes.
func (v *visitor) anywhere() *process { return v.soak.processes[v.random.IntN(2)] }

func (v *visitor) login() error {
	generation := v.soak.generation() // before the request: its session may be older than its answer
	a := v.anywhere().get("/login?name="+v.name, "")
	if !a.known() {
		return v.failed(a)
	}
	v.done++
	if a.cookie == "" {
		return fmt.Errorf("a login without a cookie: %v", a)
	}
	v.key, v.least, v.most, v.unsure, v.stale = a.cookie, 0, 0, false, false
	v.generation = generation
	return v.check(a)
}

// failed accepts that a page was not served while something is down, and what the site
// says of that.
func (v *visitor) failed(a answer) error {
	v.waits = true
	switch {
	case a.err != nil, a.status == http.StatusServiceUnavailable:
		return nil
	case a.status == http.StatusBadRequest && v.unsure:
		v.forget()
		return nil
	default:
		return fmt.Errorf("%s: %v", v.name, a)
	}
}

// forget is for a session whose key nobody knows any more.
func (v *visitor) forget() { v.key = "" }

// check compares what a page says with what is known, and takes a new key over.
func (v *visitor) check(a answer) error {
	v.waits = false
	var name, owner string
	var n int
	if _, err := fmt.Sscanf(a.body, "%q %q %d", &name, &owner, &n); err != nil {
		return fmt.Errorf("%w: %v", err, a)
	}
	if name == "" && (v.unsure || v.wentWithServer()) {
		v.forget()
		return nil
	}
	if name != v.name || owner != v.name {
		return fmt.Errorf("%s is %q with the items of %q", v.name, name, owner)
	}
	if n < v.least && !v.stale || n > v.most {
		return fmt.Errorf("%s counts %d, want %d to %d", v.name, n, v.least, v.most)
	}
	v.least = max(n, v.least)
	if v.unsure && a.cookie == "" {
		return nil // the unknown request may still be under way
	}
	if a.cookie != "" {
		v.key = a.cookie
	}
	return nil
}

// wentWithServer reports whether the session may have been lost with the server. An odd
// generation is one whose server dies or comes back just now, nobody knows which.
func (v *visitor) wentWithServer() bool {
	now := v.soak.generation()
	return !v.soak.engine.keeps && (now%2 == 1 || v.generation != now)
}

func (v *visitor) look(path string) error {
	a := v.anywhere().get(path, v.key)
	if !a.known() {
		return v.failed(a)
	}
	v.done++
	return v.check(a)
}

func (v *visitor) add() error {
	a := v.anywhere().get("/add", v.key)
	if a.sent || a.err == nil {
		v.most++
	}
	if !a.known() {
		return v.failed(a)
	}
	v.done++
	v.least++
	v.noteChange()
	return v.check(a)
}

// addTwice changes the session in both processes at the same moment.
func (v *visitor) addTwice() error {
	var answers [2]answer
	var both sync.WaitGroup
	for i := range answers {
		both.Go(func() { answers[i] = v.soak.processes[i].get("/add", v.key) })
	}
	both.Wait()
	v.most += 2
	known := 0
	for _, a := range answers {
		if a.known() {
			known++
			continue
		}
		if err := v.failed(a); err != nil {
			return err
		}
	}
	if known == 0 || v.key == "" {
		return nil
	}
	v.least += known
	v.noteChange()
	return v.look("/who")
}

func (v *visitor) rotate() error {
	old := v.key
	a := v.anywhere().get("/rotate", old)
	if !a.known() {
		v.unsure = v.unsure || a.sent || a.err == nil
		return v.failed(a)
	}
	v.done++
	v.noteChange()
	if err := v.check(a); err != nil || v.key == "" {
		return err
	}
	if v.key == old {
		return fmt.Errorf("%s: a rotation without a new key: %v", v.name, a)
	}
	v.end(old)
	v.unsure = false
	return nil
}

// noteChange notes that the cache may not have heard of a change, if it was down.
func (v *visitor) noteChange() { v.stale = v.stale || !v.soak.hears() }

// end notes that a key must open nothing any more.
func (v *visitor) end(key string) {
	if v.soak.hears() {
		v.dead = append(v.dead, key)
	} else {
		v.late = append(v.late, key)
	}
}

func (v *visitor) logout() error {
	a := v.anywhere().get("/logout", v.key)
	if !a.known() {
		v.unsure = v.unsure || a.sent || a.err == nil
		return v.failed(a)
	}
	v.done++
	v.end(v.key)
	v.forget()
	return nil
}

// opened returns an error if one of the last ended keys opens a session.
func (v *visitor) opened(ended []string, last int) error {
	for i := max(0, len(ended)-last); i < len(ended); i++ {
		a := v.soak.processes[i%2].get("/who", ended[i])
		if !a.known() {
			return fmt.Errorf("%s: asked for an ended session: %v", v.name, a)
		}
		var name, owner string
		var n int
		if _, err := fmt.Sscanf(a.body, "%q %q %d", &name, &owner, &n); err != nil || name != "" || owner != "" {
			return fmt.Errorf("a session that was logged out, or got another key, is alive: %v", a)
		}
	}
	return nil
}

// maxDead is how many ended sessions of a visitor are asked for.
const maxDead = 300
