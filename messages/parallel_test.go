package messages_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/messages"
)

// TestParallelRequestsLoseNoMessage: where messages are in the session, what
// another request adds or takes meanwhile stays added or taken.
func TestParallelRequestsLoseNoMessage(t *testing.T) {
	type page = func(http.ResponseWriter, *http.Request)
	take := func(_ http.ResponseWriter, r *http.Request) { messages.Take(r) }
	add := func(text string) page {
		return func(_ http.ResponseWriter, r *http.Request) { messages.Info(r, text) }
	}
	both := func(_ http.ResponseWriter, r *http.Request) { messages.Take(r); messages.Info(r, "new") }
	for about, c := range map[string]struct {
		one, meanwhile page
		want           string
	}{
		"take, add":     {take, add("other"), "info:other"},
		"take, take":    {take, take, ""},
		"take, both":    {take, both, "info:new"},
		"add, add":      {add("mine"), add("other"), "info:first info:second info:other info:mine"},
		"add, take":     {add("mine"), take, "info:mine"},
		"both, add":     {both, add("other"), "info:other info:new"},
		"both, take":    {both, take, "info:new"},
		"add, nothing":  {add("mine"), func(http.ResponseWriter, *http.Request) {}, "info:first info:second info:mine"},
		"both, the two": {both, func(w http.ResponseWriter, r *http.Request) { both(w, r); add("other")(w, r) }, "info:new info:other info:new"},
	} {
		v := visit(t, &messages.Options{Storage: messages.StorageSession})
		v.get(func(_ http.ResponseWriter, r *http.Request) {
			messages.Info(r, "first")
			messages.Info(r, "second")
		})
		v.get(func(w http.ResponseWriter, r *http.Request) {
			c.one(w, r)
			v.get(c.meanwhile)
		})
		if got := v.take(); got != c.want {
			t.Errorf("%s: shown are %q, want %q", about, got, c.want)
		}
	}
}

// TestParallelRequestsLoseNoMessageOfALongCookie: what overflows the cookie is
// in the session, with what others add there.
func TestParallelRequestsLoseNoMessageOfALongCookie(t *testing.T) {
	v := visit(t, nil)
	v.get(addNoise(6))
	v.get(func(_ http.ResponseWriter, r *http.Request) {
		messages.Info(r, "mine")
		v.get(add(1, "other"))
	})
	got := v.take()
	for _, text := range []string{"info:mine", "info:0other", "info:5"} {
		if strings.Count(got, text) != 1 {
			t.Errorf("%q is shown %d times", text, strings.Count(got, text))
		}
	}
}

// TestParallelRequestsPileNothingUp: the bound holds for what was merged.
func TestParallelRequestsPileNothingUp(t *testing.T) {
	v := visit(t, &messages.Options{Storage: messages.StorageSession})
	v.get(add(1, ""))
	v.get(func(w http.ResponseWriter, r *http.Request) {
		add(90, "a")(w, r)
		v.get(add(90, "b"))
	})
	if got := strings.Fields(v.take()); len(got) != 100 || got[99] != "info:89a" {
		t.Errorf("%d wait, the last is %q", len(got), got[len(got)-1])
	}
}
