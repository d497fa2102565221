package console_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/site"
)

// TestActionsAreEventsOfTheSite: each is one, with who has acted and on whom, for the audit log.
func TestActionsAreEventsOfTheSite(t *testing.T) {
	var mu sync.Mutex
	var events []auth.Event
	p := open(t, nil, &site.Options{OnEvent: func(_ context.Context, e auth.Event) {
		mu.Lock()
		defer mu.Unlock()
		if strings.HasPrefix(string(e.Kind), "console_") {
			e.Source = "" // of the test's own network
			events = append(events, e)
		}
	}}, nil)
	v, bob := p.visitor(t, "admin"), p.visitor(t, "bob")
	of := v.sessionOf(bob)
	v.post(of + "values/")
	v.acts(of + "end/")
	v.acts("/users/" + p.ids["bob"] + "/end-all/")
	v.acts("/limits/lift/", "name", "bob")
	v.acts("/limits/lift/", "name", "typed into the wrong field")
	mu.Lock()
	defer mu.Unlock()
	admin, user := p.ids["admin"], p.ids["bob"]
	want := []auth.Event{
		{Kind: auth.EventConsoleLooked, ActorID: admin, UserID: user},
		{Kind: auth.EventConsoleEnded, ActorID: admin, UserID: user},
		{Kind: auth.EventConsoleEnded, ActorID: admin, UserID: user},
		{Kind: auth.EventConsoleLifted, ActorID: admin, UserID: user},
		{Kind: auth.EventConsoleLifted, ActorID: admin},
	}
	if !slices.Equal(events, want) {
		t.Errorf("events %+v\nwant   %+v", events, want)
	}
}
