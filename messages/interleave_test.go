package messages_test

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
)

// A desk is a site whose visitor sends several requests at the same time, all
// with the cookies of the first answer.
type desk struct {
	sessions *session.Manager
	messages *messages.Manager
	cookies  []*http.Cookie
}

func newDesk(t *testing.T, storage messages.Storage, first http.HandlerFunc) *desk {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	m, err := messages.New(keys, &messages.Options{Storage: storage, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{sessions: noerror.In(session.New(memstore.New(), &session.Options{Logger: quiet})), messages: m}
	d.cookies = d.serve(func(w http.ResponseWriter, r *http.Request) {
		session.From(r).Set("begun", true)
		first(w, r)
	}).Cookies()
	return d
}

func (d *desk) serve(page http.HandlerFunc) *http.Response {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, c := range d.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	d.sessions.Handler(d.messages.Handler(page)).ServeHTTP(w, r)
	return w.Result()
}

// take returns the texts that a page shows.
func take(r *http.Request) []string {
	var shown []string
	for _, m := range messages.Take(r) {
		shown = append(shown, m.Text)
	}
	return shown
}

// long returns a text that finds no place in a cookie in which one of
// addNoise's had none.
func long(text string) string {
	for i := range 12 {
		text += fmt.Sprintf("%x", sha256.Sum256([]byte(text[:1]+strconv.Itoa(i))))
	}
	return text
}

// names returns the first letters of texts, without addNoise's.
func names(texts []string) string {
	var b strings.Builder
	for _, text := range texts {
		if text >= "a" {
			b.WriteString(text[:1])
		}
	}
	return b.String()
}

// A told is a message of the model, in which none is equal to another.
type told struct{ text string }

// A teller is a request of the model: what it knows, and what it has not saved.
type teller struct {
	view, added, taken []*told
	shown              []*told // by it, and saved

	steps chan func(*http.Request)
	did   chan struct{}
	ended chan struct{}

	begin, end  int // when it loaded and when it was over
	took, fails bool
}

// start sends the request. It does one step after the other, as it is told.
func (a *teller) start(d *desk) {
	a.steps, a.did, a.ended = make(chan func(*http.Request)), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(a.ended)
		d.serve(func(w http.ResponseWriter, r *http.Request) {
			for step := range a.steps {
				step(r)
				a.did <- struct{}{}
			}
			if a.fails {
				w.WriteHeader(http.StatusInternalServerError)
			}
		})
	}()
}

func (a *teller) do(step func(*http.Request)) {
	a.steps <- step
	<-a.did
}

// save is what the session must do: all that this request took is gone, each
// once, all that it added is there, and the rest stays.
func (a *teller) save(stored []*told) []*told {
	gone := func(m *told) bool { return slices.Contains(a.taken, m) }
	stored = slices.DeleteFunc(slices.Concat(stored, a.added), gone)
	a.shown = append(a.shown, a.taken...)
	a.added, a.taken = nil, nil
	return stored
}

func textsOf(list []*told) []string {
	var texts []string
	for _, m := range list {
		texts = append(texts, m.text)
	}
	return texts
}

// TestInterleavedRequestsShowEachMessageOnce: three requests add and take
// messages, many of which are equal, in any order of their steps. What is
// shown, and what is left, is what it would be if each message had a name of
// its own: none is lost, and none is shown again, except to requests that had
// it in hand at the same time.
func TestInterleavedRequestsShowEachMessageOnce(t *testing.T) {
	for about, c := range map[string]struct {
		storage messages.Storage
		noise   int // this many messages before the others, more than fit into a cookie
		texts   []string
		rounds  uint64
	}{
		"session":  {messages.StorageSession, 0, []string{"a", "b"}, 1000},
		"overflow": {messages.StorageFallback, 6, []string{long("a"), long("b")}, 50},
	} {
		t.Run(about, func(t *testing.T) {
			for round := range c.rounds {
				interleave(t, rand.New(rand.NewPCG(1, round)), c.storage, c.noise, c.texts)
				if t.Failed() {
					t.Fatalf("in round %d", round)
				}
			}
		})
	}
}

func interleave(t *testing.T, random *rand.Rand, storage messages.Storage, noise int, texts []string) {
	text := func() string { return texts[random.IntN(len(texts))] }
	var stored, saved []*told
	d := newDesk(t, storage, func(_ http.ResponseWriter, r *http.Request) {
		addNoise(noise)(nil, r)
		for range random.IntN(3) {
			m := &told{text()}
			stored = append(stored, m)
			messages.Info(r, m.text)
		}
	})
	saved = slices.Clone(stored)
	active := make([]*teller, 3)
	all := slices.Clone(active)
	for i := range active {
		active[i] = &teller{fails: random.IntN(8) == 0}
		active[i].start(d)
	}
	copy(all, active)
	for now := 1; len(active) > 0; now++ {
		i := random.IntN(len(active))
		a := active[i]
		if a.begin == 0 {
			a.begin, a.view = now, slices.Clone(stored)
			a.do(func(r *http.Request) { session.From(r) })
			continue
		}
		switch n := random.IntN(10); {
		case n < 4 && (noise == 0 || !a.took): // what follows a Take goes into the cookie
			m := &told{text()}
			a.view, a.added = append(a.view, m), append(a.added, m)
			a.do(func(r *http.Request) { messages.Info(r, m.text) })
		case n < 6:
			var got string
			a.do(func(r *http.Request) { got = names(take(r)) })
			if want := names(textsOf(a.view)); got != want {
				t.Errorf("shown are %q, want %q", got, want)
			}
			a.taken, a.view, a.took = append(a.taken, a.view...), nil, true
		case n < 7:
			saved = append(saved, a.added...)
			stored = a.save(stored)
			a.do(func(r *http.Request) {
				if err := session.From(r).Save(r.Context()); err != nil {
					t.Error(err)
				}
			})
		default:
			if !a.fails {
				saved = append(saved, a.added...)
				stored = a.save(stored)
			}
			close(a.steps)
			<-a.ended
			a.end = now
			active = slices.Delete(active, i, i+1)
		}
	}
	d.serve(func(_ http.ResponseWriter, r *http.Request) {
		if got, want := names(take(r)), names(textsOf(stored)); got != want {
			t.Errorf("left are %q, want %q", got, want)
		}
	})
	for _, m := range saved {
		shown := len(slices.DeleteFunc(slices.Clone(stored), func(n *told) bool { return n != m }))
		var by []*teller
		for _, a := range all {
			if slices.Contains(a.shown, m) {
				by = append(by, a)
				shown++
			}
		}
		if shown == 0 || shown > 1 && len(by) < shown ||
			shown > 1 && slices.ContainsFunc(by, func(a *teller) bool {
				return slices.ContainsFunc(by, func(b *teller) bool { return a.begin > b.end })
			}) {
			t.Errorf("%.1q is shown %d times", m.text, shown)
		}
	}
}

// TestRacingRequestsShowEachMessageOnce: three requests that have all loaded
// the session end at the same moment. One adds and takes, one adds, one takes,
// and all messages are equal. What the second has added, and only that, is
// left.
func TestRacingRequestsShowEachMessageOnce(t *testing.T) {
	for range 300 {
		d := newDesk(t, messages.StorageSession, add(2, ""))
		var loaded, wg sync.WaitGroup
		loaded.Add(3)
		for _, page := range []func(r *http.Request){
			func(r *http.Request) { messages.Info(r, "0"); messages.Take(r) },
			func(r *http.Request) { messages.Info(r, "0") },
			func(r *http.Request) { messages.Take(r) },
		} {
			wg.Go(func() {
				d.serve(func(_ http.ResponseWriter, r *http.Request) {
					session.From(r)
					loaded.Done()
					loaded.Wait()
					page(r)
				})
			})
		}
		wg.Wait()
		d.serve(func(_ http.ResponseWriter, r *http.Request) {
			if got := strings.Join(take(r), " "); got != "0" {
				t.Fatalf("left are %q, want one", got)
			}
		})
	}
}

// TestEqualMessagesAreToldApart: a page that shows a message removes that
// message, and none in the same words that came after another page had shown
// it, too.
func TestEqualMessagesAreToldApart(t *testing.T) {
	showAll := func(_ http.ResponseWriter, r *http.Request) { take(r) }
	for about, c := range map[string]struct {
		page      http.HandlerFunc
		meanwhile []http.HandlerFunc
		want      string
	}{
		"taken, and told again":     {showAll, []http.HandlerFunc{showAll, add(1, "")}, "0"},
		"told again, twice":         {showAll, []http.HandlerFunc{add(1, ""), showAll, add(1, "")}, "0"},
		"told again, and shown":     {showAll, []http.HandlerFunc{add(1, ""), showAll}, ""},
		"told again":                {showAll, []http.HandlerFunc{add(1, "")}, "0"},
		"told here, and told again": {func(w http.ResponseWriter, r *http.Request) { add(1, "")(w, r); take(r) }, []http.HandlerFunc{add(1, "")}, "0"},
	} {
		d := newDesk(t, messages.StorageSession, add(1, ""))
		d.serve(func(w http.ResponseWriter, r *http.Request) {
			c.page(w, r)
			for _, page := range c.meanwhile {
				d.serve(page)
			}
		})
		d.serve(func(_ http.ResponseWriter, r *http.Request) {
			if got := strings.Join(take(r), " "); got != c.want {
				t.Errorf("%s: left are %q, want %q", about, got, c.want)
			}
		})
	}
}

// TestMessagesDjangoAddsMeanwhileStay: Django has no IDs. What it adds while a
// page shows other messages, or puts in their place, is not mistaken for them.
func TestMessagesDjangoAddsMeanwhileStay(t *testing.T) {
	django := func(texts ...string) http.HandlerFunc {
		var list []string
		for _, text := range texts {
			list = append(list, `["__json_message", 0, 20, "`+text+`", ""]`)
		}
		return func(_ http.ResponseWriter, r *http.Request) {
			session.From(r).Set("_messages", "["+strings.Join(list, ", ")+"]")
		}
	}
	for about, c := range map[string]struct {
		first, meanwhile http.HandlerFunc
		want             string
	}{
		"it adds one":        {add(1, ""), django("0", "x"), "x"},
		"it shows, and adds": {add(1, ""), django("x"), "x"},
		"all are its":        {django("x", "y"), django("x", "y", "z"), "z"},
		"ours behind its":    {django("x", "x"), add(1, ""), "0"},
		"IDs are not numbers": {add(1, ""), func(_ http.ResponseWriter, r *http.Request) {
			session.From(r).Set("_messages_ids", "abc")
			messages.Info(r, "x")
		}, "0 x"},
	} {
		d := newDesk(t, messages.StorageSession, c.first)
		d.serve(func(_ http.ResponseWriter, r *http.Request) {
			take(r)
			d.serve(c.meanwhile)
		})
		d.serve(func(_ http.ResponseWriter, r *http.Request) {
			if got := strings.Join(take(r), " "); got != c.want {
				t.Errorf("%s: left are %q, want %q", about, got, c.want)
			}
			if names := session.From(r).Names(); !slices.Equal(names, []string{"begun"}) {
				t.Errorf("%s: afterwards the session has %q", about, names)
			}
		})
	}
}

// TestInvalidTextIsTakenOnce: it is compared as it is stored.
func TestInvalidTextIsTakenOnce(t *testing.T) {
	d := newDesk(t, messages.StorageSession, func(_ http.ResponseWriter, r *http.Request) {
		messages.Add(r, messages.Message{Level: messages.LevelInfo, Text: "a\xff\xfe", ExtraTags: "\xed\xa0\x80"})
		if got := take(r); len(got) != 1 {
			t.Errorf("taken are %q", got)
		}
	})
	d.serve(func(_ http.ResponseWriter, r *http.Request) {
		if got := take(r); len(got) > 0 {
			t.Errorf("taken again are %q", got)
		}
	})
}
