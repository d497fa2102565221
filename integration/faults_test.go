package integration

import (
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// A fault is what can happen to a server or on the way to it.
type fault struct {
	name  string
	begin func(o *outage)
	end   func(o *outage)

	// hold is how long it lasts.
	hold time.Duration

	// total: while it lasts, no answer can come.
	total bool

	// kills: the server's process dies.
	kills bool
}

var faults = []fault{
	{
		name:  "killed",
		begin: func(o *outage) { o.crash() },
		end:   func(o *outage) { o.place.server.Start(o.t) },
		hold:  500 * time.Millisecond,
		total: true,
		kills: true,
	},
	total("cut in the middle of a reply", toxic{"limit_data", "downstream", `"bytes": 2`}),
	total("reset", toxic{"reset_peer", "downstream", `"timeout": 0`}),
	total("partition", toxic{"timeout", "upstream", ""}, toxic{"timeout", "downstream", ""}),
	total("replies lost", toxic{"timeout", "downstream", ""}),
	total("five seconds late", toxic{"latency", "downstream", `"latency": 5000`}).lasting(patience + time.Second),
	partial("cut after some replies", toxic{"limit_data", "downstream", `"bytes": 1500`}),
	partial("around the deadline", toxic{"latency", "downstream", `"latency": 250, "jitter": 150`}),
}

// total is a fault on the way, while which no reply arrives in time.
func total(name string, toxics ...toxic) fault {
	return fault{
		name:  name,
		begin: func(o *outage) { o.proxy.poison(toxics...) },
		end:   func(o *outage) { o.proxy.heal() },
		hold:  500 * time.Millisecond,
		total: true,
	}
}

// partial is a fault that some replies get past.
func partial(name string, toxics ...toxic) fault {
	f := total(name, toxics...).lasting(1500 * time.Millisecond)
	f.total = false
	return f
}

func (f fault) lasting(d time.Duration) fault {
	f.hold = d
	return f
}

// crash kills the server. What it forgets is part of the history.
func (o *outage) crash() {
	kill := func() (answer, error) {
		o.place.server.Kill()
		return answer{}, nil
	}
	if !o.place.forgets {
		_, _ = kill()
		return
	}
	var all sync.WaitGroup
	var once sync.Once
	for _, set := range o.history.sets {
		all.Go(func() {
			_, _ = o.history.record(-1, call{method: lose, set: set.id}, func() (answer, error) {
				once.Do(func() { _, _ = kill() })
				return answer{}, nil
			})
		})
	}
	all.Wait()
}

// TestOutages: a server is killed, cut off or slow while it is used. All the
// while a session is served as it is or not at all, calls keep their
// deadlines, and nothing is shown that should not be. Afterwards all works
// again, nothing that was acknowledged is missing, nothing that was ended is
// alive, and no goroutine is left.
func TestOutages(t *testing.T) {
	left := goleak.IgnoreCurrent()
	t.Run("all", func(t *testing.T) {
		each(t, func(e engine) bool { return e.start != nil }, func(t *testing.T, e engine) {
			t.Parallel()
			p := e.start(t)
			for _, f := range faults {
				t.Run(f.name, func(t *testing.T) {
					if err := survive(t, e, p, f, time.Minute); err != nil {
						t.Error(err)
					}
				})
			}
		})
	})
	if err := leaks(left); err != nil {
		t.Error(err)
	}
}

// leaks returns an error if there are goroutines other than those of before
// and those that toxiproxy forgets.
func leaks(before goleak.Option) error {
	return goleak.Find(before,
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).read"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).write"),
	)
}

// TestOutagesRejects: the checks find each lapse, by the fault that shows it.
func TestOutagesRejects(t *testing.T) {
	for _, c := range []struct {
		name  string
		lapse lapse
		fault string
	}{
		{"not found if down", notFoundIfDown, "partition"},
		{"reuses what was cut short", reusesCutShort, "around the deadline"},
		{"waits forever", waitsForever, "five seconds late"},
		{"never comes back", neverComesBack, "reset"},
		{"serves from memory", servesFromMemory, "reset"},
		{"repeats writes", repeatsWrites, "cut after some replies"},
		{"shows keys", showsKeys, "reset"},
		{"loses the latest", losesTheLatest, "killed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var err error
			for range 5 { // a lapse need not show each time
				p := startLapsed(t, c.lapse)
				if err = survive(t, engine{swaps: true}, p, faultNamed(c.fault), 3*time.Second); err != nil {
					break
				}
			}
			if err == nil {
				t.Fatal("the check accepts it")
			}
		})
	}
}

func faultNamed(name string) fault {
	for _, f := range faults {
		if f.name == name {
			return f
		}
	}
	panic("no fault is called " + name)
}

// TestLeaksRejects: the check finds a goroutine that a store leaves behind.
func TestLeaksRejects(t *testing.T) {
	left := goleak.IgnoreCurrent()
	p := startLapsed(t, leaksGoroutines)
	store := p.open(t, p.addr).(*wireStore)
	t.Cleanup(func() { close(store.closed) })
	p.server.Kill()
	if _, err := store.Load(t.Context(), newKey()); err == nil {
		t.Fatal("a server that was killed answers")
	}
	if leaks(left) == nil {
		t.Error("the check accepts it")
	}
	p.server.Start(t)
}
