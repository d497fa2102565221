package matrix

import (
	"time"

	"github.com/jamsession/jamsession/bench/contest"
)

// An engine is a kind of store, with all that compete on it.
type engine struct {
	name string

	// open starts what the engine needs and returns its entrants. It panics
	// with a contest.Failure if that is not there.
	open func(bed *contest.Bed) []entrant

	// server: open starts one, which is kept apart from the rest.
	server bool

	// cases are measured by one goroutine, and all but ClearCase by many.
	cases []Case
}

// An entrant is one that competes: a site, or what is below all sites.
type entrant struct {
	name string
	site Site // nil for a floor, unless it is a handler written by hand

	// floor has the bare operations of the store, by case.
	floor map[Case]func(goroutine int) func()

	// fresh, if not nil, returns the site with an empty store: sessions that are
	// created would otherwise fill the memory that all contenders share.
	fresh func() Site

	// records has the bare operations of a logout, if site is nil.
	records *bareRecords

	// expired fills the store with expired sessions, and clear removes them.
	expired, clear func()
}

// A Case is what is measured: a page, and the session that it meets.
type Case string

// The cases. What they are named after is the page, unless sessionOf or pageOf
// say otherwise.
const (
	NoCookie      Case = "untouched, no cookie"
	UntouchedCase Case = "untouched, with cookie"
	ReadCase      Case = "read"
	ReadWriteCase Case = "read+write"
	CreateCase    Case = "create"
	ReadLarge     Case = "read of 64 KiB"
	RotateCase    Case = "rotate"
	LogoutCase    Case = "logout"
	ClearCase     Case = "clear 10 000 expired"
)

// name of the contenders that goals speak of.
const (
	floorName    = "floor"
	ours         = "jamsession"
	oursDjango   = "Django's codec"
	oursMeasured = "with metrics"
)

var pageOf = map[Case]Page{
	NoCookie: Untouched, UntouchedCase: Untouched, ReadCase: Read, ReadWriteCase: ReadWrite,
	CreateCase: Create, ReadLarge: Read, RotateCase: Rotate,
}

// fillOf is the page that prepares the session of a case, if it has one.
var fillOf = map[Case]Page{
	UntouchedCase: Fill, ReadCase: Fill, ReadWriteCase: Fill, ReadLarge: FillLarge, RotateCase: Fill,
}

// contender returns how the entrant does the case, or false if it does not.
func (e entrant) contender(c Case) (contest.Contender, bool) {
	switch {
	case c == ClearCase:
		return contest.Contender{
			Name: e.name, Once: true, Reset: e.expired,
			Ops: func(int) []func() { return []func(){e.clear} },
		}, e.clear != nil
	case c == LogoutCase:
		return e.logout()
	case e.site == nil || e.floor[c] != nil:
		op := e.floor[c]
		return contest.Contender{Name: e.name, Ops: func(goroutines int) []func() {
			ops := make([]func(), goroutines)
			for i := range ops {
				ops[i] = op(i)
			}
			return ops
		}}, op != nil
	case c == CreateCase && e.fresh != nil:
		return creator(e), true
	default:
		return contest.Contender{Name: e.name, Ops: func(goroutines int) []func() {
			return siteOps(e.site, c, goroutines)
		}}, e.site.visit(pageOf[c]) != nil
	}
}

// creator creates sessions in an empty store in each turn.
func creator(e entrant) contest.Contender {
	var visitors []visitor
	renew := func() {
		site := e.fresh()
		for i := range visitors {
			visitors[i] = site.visit(Create)
		}
	}
	return contest.Contender{Name: e.name, Reset: renew, Ops: func(goroutines int) []func() {
		visitors = make([]visitor, goroutines)
		ops := make([]func(), goroutines)
		for i := range ops {
			ops[i] = func() { visitors[i]("") }
		}
		return ops
	}}
}

// siteOps returns visitors with a session each.
func siteOps(site Site, c Case, goroutines int) []func() {
	ops := make([]func(), goroutines)
	for i := range ops {
		cookie := ""
		if fill := fillOf[c]; fill != "" {
			cookie = site.visit(fill)("")
			must(cookie != "", "the page for preparation set no cookie")
		}
		visit, keep := site.visit(pageOf[c]), c != CreateCase
		ops[i] = func() {
			if set := visit(cookie); set != "" && keep {
				cookie = set
			}
		}
	}
	return ops
}

// expiredSessions is how many are cleared.
var expiredSessions = 10_000 // tests want fewer

// longAgo is when they expired.
func longAgo() time.Time { return time.Now().Add(-time.Hour) }
