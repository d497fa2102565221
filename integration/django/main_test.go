package django

import (
	"flag"
	"log/slog"
	"os"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/internal/servertest"
)

func TestMain(m *testing.M) {
	flag.Parse()
	slog.SetDefault(slog.New(slog.NewTextHandler(&goLog, nil)))
	servertest.Main(m)
}

// goLog is what the Go sites write.
var goLog buffer

// A direction says which side begins.
type direction int

const (
	djangoFirst direction = iota
	goFirst
)

var directions = [...]string{djangoFirst: "Django to Go", goFirst: "Go to Django"}

// A scenario is something that both sides must agree on.
type scenario struct {
	name string

	// try begins on the side "from" and goes on at the side "to".
	try func(t *testing.T, x exchange)

	// fits tells on which engines it is tried. Nil is all.
	fits func(engine) bool

	// asked: only on engines that ask for it by its name.
	asked bool
}

// scenarios are all; the table has a row for each and each engine.
var scenarios = []scenario{
	{name: "anonymous data", try: tryData},
	{name: "login", try: tryLogin},
	{name: "logout", try: tryLogout},
	{name: "admin login", try: tryAdmin},
	{name: "password change", try: tryPassword},
	{name: "deactivation", try: tryDeactivation},
	{name: "end of all sessions", try: tryEnding},
	{name: "permissions", try: tryPermissions},
	{name: "hash upgrades", try: tryHashes},
	{name: "reset link", try: tryReset},
	{name: "CSRF in a cookie", try: tryCSRF},
	{name: "CSRF in the session", try: tryCSRFInSession},
	{name: "messages", try: tryMessages},
	{name: "messages in the session", try: tryMessagesInSession},
	{name: "set_expiry", try: trySetExpiry},
	{name: "set_expiry to an instant", try: tryInstant},
	{name: "save every request", try: trySaveEvery},
	{name: "absolute limit", try: tryAbsolute},
	{name: "end, to the second", try: tryEnd},
	{name: "clearsessions", try: tryClear},
	{name: "SECRET_KEY rotation", try: tryRotation},
	{name: accounts, try: tryAccounts, asked: true},
	{name: storedAlike, try: tryStoredAlike, asked: true},
	{name: "tables", try: tryTables, fits: onDB},
	{name: "tables, both at once", try: tryTablesAtOnce, fits: onDB},
	{name: "one saves, one is in flight", try: tryOvertaken},
	{name: atOnce, try: tryAtOnce, fits: onServer},
	{name: atOnceMerging, try: tryAtOnceMerging, fits: onServer},
	{name: "logout, one is in flight", try: tryLogoutInFlight},
	{name: logouts, try: tryLogouts, fits: checksThenWrites},
	{name: logoutsMerging, try: tryLogoutsMerging, fits: onServer},
	{name: "jamsession_sessions", try: tryMerging, fits: onServer},
	{name: "logout, Django writes late", try: tryLateWrite, fits: checksThenWrites},
	{name: "logout, Django refills late", try: tryLateRefill, fits: isCachedDB},
	{name: "the same with its remedy", try: tryRemedy, fits: isCachedDB},
}

// An exchange is one direction of one scenario on one engine.
type exchange struct {
	*pair
	from, to *side
	cell     cell
}

// sides are both sides, the one that begins first.
func (x exchange) sides() []*side { return []*side{x.from, x.to} }

// between returns the same exchange between the sites of another pair.
func (x exchange) between(p *pair) exchange {
	x.pair = p
	if x.cell.direction == djangoFirst {
		x.from, x.to = p.django, p.golang
	} else {
		x.from, x.to = p.golang, p.django
	}
	return x
}

// notInDjango reports whether the running Django is older than a version, and
// says so in the table.
func (x exchange) notInDjango(major, minor int) bool {
	if x.django.major > major || x.django.major == major && x.django.minor >= minor {
		return false
	}
	results.set(x.cell, notInDjango)
	return true
}

// TestDjango tries each scenario on each engine in both directions.
func TestDjango(t *testing.T) {
	t.Cleanup(func() { results.finish(t, os.Stdout) })
	commandDir = t.TempDir()
	var engineGroup sync.WaitGroup
	for _, e := range engines {
		engineGroup.Go(func() { t.Run(e.name, func(t *testing.T) { tryEngine(t, open(t, e)) }) })
	}
	engineGroup.Go(func() { t.Run(formatsOfCaches, tryFormats) })
	engineGroup.Wait()
}

func tryEngine(t *testing.T, p *pair) {
	for _, s := range p.engine.scenarios() {
		t.Run(s.name, func(t *testing.T) {
			for d, name := range directions {
				t.Run(name, func(t *testing.T) { tryCell(t, p, s, direction(d)) })
			}
		})
	}
}

func tryCell(t *testing.T, p *pair, s scenario, d direction) {
	x := exchange{cell: cell{p.engine.name, s.name, d}}.between(p)
	defer func() {
		if t.Failed() {
			results.set(x.cell, failed)
			t.Logf("Django says:\n%s\nGo says:\n%s", x.django.log.end(), goLog.end())
		}
	}()
	results.set(x.cell, failed) // unless it comes to its end
	s.try(t, x)
	if results.get(x.cell) == failed {
		results.set(x.cell, passed)
	}
}
