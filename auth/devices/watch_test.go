package devices_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// watch returns the context that a handler of the browser's request gets.
func (b *browser) watch(t testing.TB) context.Context {
	t.Helper()
	if text := b.get("/watch"); text != "watched" {
		t.Fatalf("watch: %d: %s", b.Code, text)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ctx
}

// ends waits until a login that is watched has ended, for a fitting reason.
func ends(ctx context.Context, t testing.TB, cause error) {
	t.Helper()
	select {
	case <-ctx.Done():
		if err := context.Cause(ctx); !errors.Is(err, cause) {
			t.Errorf("the cause is %v, want %v", err, cause)
		}
	case <-time.After(40 * time.Second):
		t.Errorf("the watch goes on")
	}
}

// endsWithin is ends in a bubble, within a time.
func endsWithin(ctx context.Context, t testing.TB, most time.Duration) {
	t.Helper()
	began := time.Now()
	ends(ctx, t, devices.ErrEnded)
	if took := time.Since(began); took > most {
		t.Errorf("it took %v, want %v", took, most)
	}
}

// goesOn looks for a while, in a bubble.
func goesOn(ctx context.Context, t testing.TB) {
	t.Helper()
	time.Sleep(5 * time.Second)
	synctest.Wait()
	if err := context.Cause(ctx); err != nil {
		t.Errorf("the watch has ended: %v", err)
	}
}

// inBubble runs a test on each engine, with time of its own.
func inBubble(t *testing.T, o devices.Options, test func(t *testing.T, s *site)) {
	t.Helper()
	forEachEngine(t, func(t *testing.T, e engine) {
		synctest.Test(t, func(t *testing.T) { test(t, newSite(t, e, o)) })
	})
}

// TestWatchEndsWithTheLogin that it is of, however that ends, and with no other.
func TestWatchEndsWithTheLogin(t *testing.T) {
	const atOnce, settled, byPoll = 0, 250 * time.Millisecond, 1300 * time.Millisecond
	for name, c := range map[string]struct {
		within time.Duration
		end    func(t *testing.T, s *site, own, other *browser, id string)
	}{
		"End": {atOnce, func(_ *testing.T, _ *site, _, other *browser, id string) {
			other.get("/end/" + id)
		}},
		"EndOthers": {atOnce, func(_ *testing.T, _ *site, _, other *browser, _ string) { other.get("/others") }},
		"EndDevice": {atOnce, func(t *testing.T, s *site, _, _ *browser, id string) {
			if err := s.devices.EndDevice(t.Context(), s.ids["alice"], id); err != nil {
				t.Error(err)
			}
		}},
		"EndAll": {atOnce, func(t *testing.T, s *site, _, _ *browser, _ string) {
			if _, err := s.devices.EndAll(t.Context(), s.ids["alice"]); err != nil {
				t.Error(err)
			}
		}},
		"Logout": {atOnce, func(_ *testing.T, _ *site, own, _ *browser, _ string) { own.get("/logout") }},
		"another login": {atOnce, func(_ *testing.T, _ *site, own, _ *browser, _ string) {
			own.get("/login/carol")
		}},
		"SetPassword": {atOnce, func(t *testing.T, s *site, _, _ *browser, _ string) {
			user, err := s.users.ByUsername(t.Context(), "alice")
			if err == nil {
				_, err = s.auth.SetPassword(t.Context(), user, "another")
			}
			if err != nil {
				t.Error(err)
			}
		}},
		"the user's password elsewhere": {atOnce, func(_ *testing.T, _ *site, _, other *browser, _ string) {
			other.get("/password/alice/another")
		}},
		"EndSessions": {atOnce, func(t *testing.T, s *site, _, _ *browser, _ string) {
			user, err := s.users.ByUsername(t.Context(), "alice")
			if err == nil {
				_, err = s.auth.EndSessions(t.Context(), nil, user)
			}
			if err != nil {
				t.Error(err)
			}
		}},
		"EndAllSessions": {atOnce, func(t *testing.T, s *site, _, _ *browser, _ string) {
			if _, err := s.auth.EndAllSessions(t.Context(), nil); err != nil {
				t.Error(err)
			}
		}},
		"SetActive": {atOnce, func(t *testing.T, s *site, _, _ *browser, _ string) {
			if err := s.users.SetActive(t.Context(), s.ids["alice"], false); err != nil {
				t.Error(err)
			}
		}},
		"Delete": {atOnce, func(t *testing.T, s *site, _, _ *browser, _ string) {
			if err := s.users.Delete(t.Context(), s.ids["alice"]); err != nil {
				t.Error(err)
			}
		}},
		"the password by an administrator": {settled, func(t *testing.T, s *site, _, _ *browser, _ string) {
			if err := s.users.SetPassword(t.Context(), s.ids["alice"], "!"); err != nil {
				t.Error(err)
			}
		}},
		"is_active by Django": {byPoll, func(t *testing.T, s *site, _, _ *browser, _ string) {
			s.exec(t, "UPDATE auth_user SET is_active = FALSE WHERE id = ?", s.ids["alice"])
		}},
		"the password by Django": {byPoll, func(t *testing.T, s *site, _, _ *browser, _ string) {
			s.exec(t, "UPDATE auth_user SET password = 'another' WHERE id = ?", s.ids["alice"])
		}},
		"the floor by another process": {byPoll, func(t *testing.T, s *site, _, _ *browser, _ string) {
			if _, err := s.users.RaiseLoginFloor(t.Context(), s.ids["alice"]); err != nil {
				t.Error(err)
			}
		}},
		"the row by another process": {byPoll, func(t *testing.T, s *site, _, _ *browser, id string) {
			s.exec(t, "DELETE FROM jamsession_device WHERE id = ?", id)
		}},
		"the row's user": {byPoll, func(t *testing.T, s *site, _, _ *browser, id string) {
			s.exec(t, "UPDATE jamsession_device SET user_key = ? WHERE id = ?", s.ids["bob"], id)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, devices.Options{}, func(t *testing.T, s *site) {
				s.addUser(t, "carol")
				own, id := s.login(t, "alice")
				other, _ := s.login(t, "alice")
				bob, _ := s.login(t, "bob")
				watched, bobs := own.watch(t), bob.watch(t)
				goesOn(watched, t)
				c.end(t, s, own, other, id)
				endsWithin(watched, t, c.within)
				if name != "EndAllSessions" {
					goesOn(bobs, t)
				}
			})
		})
	}
}

// TestWatchGoesOnWithTheLogin: what changes the session, and not the login, ends nothing.
func TestWatchGoesOnWithTheLogin(t *testing.T) {
	for name, path := range map[string]string{
		"rotation": "/rotate", "save": "/count", "own password": "/password/alice/another",
		"the end of others": "/others", "another login of the user": "/login/alice",
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, devices.Options{}, func(t *testing.T, s *site) {
				if path == "/login/alice" && !s.hasRecords() {
					return // it gets another row: see TestSecondLoginEndsTheCookie
				}
				own, _ := s.login(t, "alice")
				before := own.watch(t)
				for range 3 {
					own.get(path)
					goesOn(before, t)
					goesOn(own.watch(t), t)
				}
				own.get("/logout")
				endsWithin(before, t, 0)
			})
		})
	}
}

// TestWatchIsOfItsVisitor: of nobody else, and not without a login.
func TestWatchIsOfItsVisitor(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{})
	alice, id := s.login(t, "alice")
	watched := alice.watch(t)
	anonymous := s.browser(t)
	if anonymous.get("/watch"); anonymous.Code == http.StatusOK {
		t.Errorf("an anonymous visitor watches: %d", anonymous.Code)
	}
	thief := alice.copy()
	alice.get("/end/" + id)
	ends(watched, t, devices.ErrEnded)
	if thief.get("/watch"); thief.Code == http.StatusOK {
		t.Errorf("a login that was ended watches: %d", thief.Code)
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if _, _, err := s.devices.Watch(r); !errors.Is(err, auth.ErrNoManager) {
		t.Errorf("without a manager: %v", err)
	}
}

// TestWatchEndsWithTheSession, whose time is up, or which Django has deleted.
func TestWatchEndsWithTheSession(t *testing.T) {
	inBubble(t, devices.Options{}, func(t *testing.T, s *site) {
		alice, _ := s.login(t, "alice")
		bob, id := s.login(t, "bob")
		alice.get("/expiry/100")
		bob.get("/expiry/100")
		began := time.Now()
		watched, bobs := alice.watch(t), bob.watch(t)
		time.Sleep(90 * time.Second)
		bob.get("/expiry/200")
		s.devices.Flush()
		goesOn(watched, t)
		ends(watched, t, devices.ErrEnded)
		if age := time.Since(began); age < 100*time.Second || age > 102*time.Second {
			t.Errorf("it has ended after %v", age)
		}
		time.Sleep(100 * time.Second)
		goesOn(bobs, t)
		if key := s.devices.Sealed(t.Context(), s.ids["bob"], id); s.hasRecords() {
			if err := s.store.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
			endsWithin(bobs, t, 1300*time.Millisecond)
		}
	})
}

// TestWatchEndsWithAShorterSession, also one that was made longer before: the cookie is gone then.
func TestWatchEndsWithAShorterSession(t *testing.T) {
	inBubble(t, devices.Options{}, func(t *testing.T, s *site) {
		b, _ := s.login(t, "alice")
		watched := b.watch(t)
		goesOn(watched, t)
		b.get("/expiry/9000000")
		goesOn(watched, t)
		b.get("/expiry/100")
		time.Sleep(94 * time.Second)
		goesOn(watched, t)
		endsWithin(watched, t, 3*time.Second)
	})
}

// TestWatchKnowsAKeyThatNoRowHas: the queue of writes may be late.
func TestWatchKnowsAKeyThatNoRowHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, inTable, devices.Options{})
		b, id := s.login(t, "alice")
		s.devices.Flush()
		watched := b.watch(t)
		goesOn(watched, t)
		s.exec(t, "CREATE TRIGGER readonly BEFORE UPDATE OF sealed ON jamsession_device"+
			" BEGIN SELECT RAISE(FAIL, 'read-only'); END")
		before := s.devices.Sealed(t.Context(), s.ids["alice"], id)
		b.get("/rotate")
		s.devices.Flush()
		if s.devices.Sealed(t.Context(), s.ids["alice"], id) != before {
			t.Fatal("the row was written")
		}
		goesOn(watched, t)
		goesOn(b.watch(t), t)
	})
}

// TestWatchEndsForALimit: of the oldest device, when another login needs its place.
func TestWatchEndsForALimit(t *testing.T) {
	inBubble(t, devices.Options{Max: 2}, func(t *testing.T, s *site) {
		var all []context.Context
		for range 3 {
			b, _ := s.login(t, "alice")
			all = append(all, b.watch(t))
			time.Sleep(time.Second)
		}
		endsWithin(all[0], t, 0)
		goesOn(all[1], t)
		goesOn(all[2], t)
	})
}

// TestWatchEndsIfNobodyCanLook, after half a minute, whatever cannot be asked.
func TestWatchEndsIfNobodyCanLook(t *testing.T) {
	for name, query := range map[string]string{
		"rows":  "ALTER TABLE jamsession_device RENAME TO away",
		"users": "ALTER TABLE auth_user RENAME TO away", "sessions": "ALTER TABLE django_session RENAME TO away",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, inTable, devices.Options{})
				b, _ := s.login(t, "alice")
				watched := b.watch(t)
				goesOn(watched, t)
				s.exec(t, query)
				time.Sleep(23 * time.Second)
				goesOn(watched, t)
				began := time.Now()
				ends(watched, t, session.ErrUnavailable)
				if took := time.Since(began); took > 4*time.Second {
					t.Errorf("it took %v more", took)
				}
			})
		})
	}
}

// TestWhoCannotBeAskedForHidesNobodyElse: a user whom the backend cannot return, and a session
// that the store cannot, end after half a minute, and nobody else.
func TestWhoCannotBeAskedForHidesNobodyElse(t *testing.T) {
	for name, o := range map[string]devices.Options{"session": {}, "user": {Timeout: apart}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, func(testing.TB, django.Database) session.Store {
					return &poisoned{Store: memstore.New()}
				}, o)
				alice, id := s.login(t, "alice")
				s.devices.Flush()
				var others []context.Context
				for i := range 5 {
					name := fmt.Sprint("user", i)
					s.addUser(t, name)
					b, _ := s.login(t, name)
					others = append(others, b.watch(t))
				}
				bob, bobs := s.login(t, "bob")
				watched, last := alice.watch(t), bob.watch(t)
				if name == "user" {
					s.poisoned.put(s.ids["alice"])
				} else {
					key := s.devices.Sealed(t.Context(), s.ids["alice"], id)
					again, _ := s.login(t, "alice")
					others = append(others, again.watch(t)) // always looked at after the first
					s.store.(*poisoned).key.put(key)
				}
				goesOn(watched, t)
				ends(watched, t, session.ErrUnavailable)
				time.Sleep(time.Minute)
				for _, other := range others {
					goesOn(other, t)
				}
				s.exec(t, "DELETE FROM jamsession_device WHERE id = ?", bobs)
				endsWithin(last, t, 1300*time.Millisecond)
			})
		})
	}
}

// A poison is what cannot be loaded any more, which is asked for all the time.
type poison struct{ what atomic.Pointer[string] }

func (p *poison) put(what string) { p.what.Store(&what) }

func (p *poison) is(what string) bool {
	bad := p.what.Load()
	return bad != nil && *bad == what
}

// A poisoned store has a record that it cannot load, and no Exist.
type poisoned struct {
	session.Store
	key poison
}

func (p *poisoned) Load(ctx context.Context, key string) (session.Record, error) {
	if p.key.is(key) {
		return session.Record{}, errors.New("poison")
	}
	return p.Store.Load(ctx, key)
}

// TestOutageEndsNoWatch that is shorter, and what has ended meanwhile ends.
func TestOutageEndsNoWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, inTable, devices.Options{})
		b, _ := s.login(t, "alice")
		bob, id := s.login(t, "bob")
		watched, bobs := b.watch(t), bob.watch(t)
		goesOn(watched, t)
		s.exec(t, "ALTER TABLE jamsession_device RENAME TO away")
		s.exec(t, "DELETE FROM away WHERE id = ?", id)
		time.Sleep(20 * time.Second)
		s.exec(t, "ALTER TABLE away RENAME TO jamsession_device")
		endsWithin(bobs, t, 2*time.Second)
		time.Sleep(time.Minute)
		goesOn(watched, t)
	})
}

// TestCloseEndsWatches, and there are no others afterwards.
func TestCloseEndsWatches(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{})
	b, _ := s.login(t, "alice")
	watched := b.watch(t)
	if err := s.devices.Close(); err != nil {
		t.Error(err)
	}
	ends(watched, t, session.ErrUnavailable)
	if errors.Is(context.Cause(watched), devices.ErrEnded) {
		t.Error("the login has not ended")
	}
}

// TestNothingIsLeftOfWatches that nobody needs any more: neither of one that was stopped nor of
// one whose request is over.
func TestNothingIsLeftOfWatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which waits for all goroutines in the end
		s := newSite(t, inMemory, devices.Options{})
		b, _ := s.login(t, "alice")
		for range 3 {
			watched := b.watch(t)
			if n := s.devices.Watching(); n != 1 || (*devices.Devices)(nil).Watching() != 0 {
				t.Errorf("%d watches", n)
			}
			b.stop()
			if !errors.Is(context.Cause(watched), context.Canceled) || s.devices.Watching() != 0 {
				t.Errorf("stopped: %v, and there are %d", context.Cause(watched), s.devices.Watching())
			}
			b.stop()
			b.watch(t)
			b.leave()
			time.Sleep(1100 * time.Millisecond)
			synctest.Wait()
			if n := s.devices.Watching(); n != 0 || s.devices.IsLooking() {
				t.Errorf("%d watches of requests that are over", n)
			}
		}
	})
}

// TestEndMeetsWatch: whichever comes first, the watch ends.
func TestEndMeetsWatch(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{})
	for range 100 {
		b, id := s.login(t, "alice")
		var code int
		meet(2, func(i int) {
			if i == 0 {
				code, _ = b.ask("/watch")
			} else if err := s.devices.EndDevice(t.Context(), s.ids["alice"], id); err != nil {
				t.Error(err)
			}
		})
		if code == http.StatusOK {
			ends(b.ctx, t, devices.ErrEnded)
		}
	}
}

// TestManyEndAtOnce, more than one statement asks for, and nobody else.
func TestManyEndAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, inMemory, devices.Options{})
		bob, _ := s.login(t, "bob")
		bobs := bob.watch(t)
		var all []context.Context
		b, id := s.login(t, "alice")
		for range 1200 {
			all = append(all, b.watch(t))
		}
		goesOn(bobs, t)
		if err := s.devices.EndDevice(t.Context(), s.ids["alice"], id); err != nil {
			t.Fatal(err)
		}
		for _, watched := range all {
			endsWithin(watched, t, 0)
		}
		goesOn(bobs, t)
	})
}

// TestWatchesAreSmall, and have no goroutine each.
func TestWatchesAreSmall(t *testing.T) {
	s := newSite(t, inTable, devices.Options{})
	await := s.devices.CountLooks()
	b, _ := s.login(t, "alice")
	b.watch(t)
	await(1)
	const n = 2000
	all := make([]context.Context, n)
	size := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	s.do = func(r *http.Request) {
		goroutines, before := runtime.NumGoroutine(), size()
		for i := range all {
			all[i], _, _ = s.devices.Watch(r)
		}
		await(n)
		if each := (int64(size()) - int64(before)) / n; each > 1500 {
			t.Errorf("a watch takes %d bytes", each)
		}
		if more := runtime.NumGoroutine() - goroutines; more > 10 {
			t.Errorf("%d goroutines for %d watches", more, n)
		}
	}
	server := httptest.NewServer(s)
	defer server.Close()
	b.through(t, server.URL+"/do")
	for _, watched := range all {
		ends(watched, t, context.Canceled)
	}
}

// TestWatchAsksForEachUser whom it cannot ask for together, as those of a type around sqlusers.
func TestWatchAsksForEachUser(t *testing.T) {
	for name, query := range map[string]string{
		"password": "UPDATE auth_user SET password = 'another' WHERE id = ?",
		"active":   "UPDATE auth_user SET is_active = FALSE WHERE id = ?",
		"deleted":  "DELETE FROM auth_user WHERE id = ?",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, inTable, devices.Options{Timeout: apart})
				alice, _ := s.login(t, "alice")
				bob, _ := s.login(t, "bob")
				watched, bobs := alice.watch(t), bob.watch(t)
				goesOn(watched, t)
				s.exec(t, query, s.ids["alice"])
				endsWithin(watched, t, 1300*time.Millisecond)
				goesOn(bobs, t)
			})
		})
	}
}

// TestRoundsLeaveTheDatabaseToOthers: a look at all that takes long is followed by a pause nine
// times as long; one that is woken does not wait for that.
func TestRoundsLeaveTheDatabaseToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, inMemory, devices.Options{})
		var rounds []time.Time
		s.devices.SlowLooks(500*time.Millisecond, func() { rounds = append(rounds, time.Now()) })
		b, id := s.login(t, "alice")
		watched := b.watch(t)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if n := len(rounds); n < 4 || n > 6 { // the first look, and one in five seconds
			t.Errorf("%d looks in 20 seconds", n)
		}
		if err := s.devices.EndDevice(t.Context(), s.ids["alice"], id); err != nil {
			t.Fatal(err)
		}
		endsWithin(watched, t, time.Second)
	})
}

// TestPanicOfALookIsAnOutage, and not the end of the program or of the looks.
func TestPanicOfALookIsAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, inMemory, devices.Options{})
		panics := 5
		s.devices.SlowLooks(0, func() {
			if panics--; panics > 0 {
				panic("a driver")
			}
		})
		b, id := s.login(t, "alice")
		watched := b.watch(t)
		time.Sleep(10 * time.Second)
		goesOn(watched, t)
		if err := s.devices.EndDevice(t.Context(), s.ids["alice"], id); err != nil {
			t.Fatal(err)
		}
		endsWithin(watched, t, 0)
	})
}

// TestWatchOnEveryDatabase: what others write there ends watches, of those whom it concerns.
func TestWatchOnEveryDatabase(t *testing.T) {
	for name, open := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSiteOn(t, open(t), inMemory, devices.Options{})
			s.addUser(t, "carol")
			watches := make(map[string]context.Context)
			for _, user := range []string{"alice", "bob", "carol"} {
				b, id := s.login(t, user)
				watches[user] = b.watch(t)
				if user == "bob" {
					s.devices.Flush()
					key := s.devices.Sealed(t.Context(), s.ids[user], id)
					if err := s.store.Delete(t.Context(), key); err != nil {
						t.Fatal(err)
					}
				}
			}
			s.exec(t, "UPDATE auth_user SET password = 'another' WHERE id = ?", s.ids["alice"])
			ends(watches["alice"], t, devices.ErrEnded)
			ends(watches["bob"], t, devices.ErrEnded)
			if err := context.Cause(watches["carol"]); err != nil {
				t.Errorf("carol: %v", err)
			}
			s.exec(t, "DELETE FROM jamsession_device")
			ends(watches["carol"], t, devices.ErrEnded)
		})
	}
}

// TestListLeavesOutWhatDjangoHasEnded, and nothing else, and nothing if the store cannot be asked.
func TestListLeavesOutWhatDjangoHasEnded(t *testing.T) {
	s := newSite(t, inTable, devices.Options{})
	here, _ := s.login(t, "alice")
	there, id := s.login(t, "alice")
	_, ended := s.login(t, "alice")
	there.get("/rotate")
	s.devices.Flush()
	if err := s.store.Delete(t.Context(), s.devices.Sealed(t.Context(), s.ids["alice"], ended)); err != nil {
		t.Fatal(err)
	}
	if list := here.get("/list"); !strings.Contains(list, id) || strings.Contains(list, ended) {
		t.Errorf("the list is %s", list)
	}
	if list, err := s.devices.ListUser(t.Context(), s.ids["alice"]); len(list) != 2 || err != nil {
		t.Errorf("for administrators: %v, %v", list, err)
	}
	s.exec(t, "ALTER TABLE django_session RENAME TO away")
	if list, err := s.devices.ListUser(t.Context(), s.ids["alice"]); len(list) != 3 || err != nil {
		t.Errorf("without sessions: %v, %v", list, err)
	}
}

// TestListShowsWhatDjangoHasProlonged: its row says that the session is over.
func TestListShowsWhatDjangoHasProlonged(t *testing.T) {
	s := newSite(t, inTable, devices.Options{})
	here, own := s.login(t, "alice")
	_, prolonged := s.login(t, "alice")
	_, over := s.login(t, "alice")
	s.devices.Flush()
	s.exec(t, "UPDATE jamsession_device SET expires = ? WHERE id <> ?",
		time.Now().Add(-time.Hour).UnixMicro(), own)
	key := s.devices.Sealed(t.Context(), s.ids["alice"], over)
	if err := s.store.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if list := here.get("/list"); !strings.Contains(list, prolonged) || strings.Contains(list, over) {
		t.Errorf("the list is %s", list)
	}
	s.exec(t, "ALTER TABLE django_session RENAME TO away")
	if list, err := s.devices.ListUser(t.Context(), s.ids["alice"]); len(list) != 1 || err != nil {
		t.Errorf("without sessions: %v, %v", list, err)
	}
}
