package devices_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

// TestSessionOfAnEndedLoginIsDeleted, so that a Django site does not find it, whatever key it
// has by then; and after a change of the SECRET_KEY.
func TestSessionOfAnEndedLoginIsDeleted(t *testing.T) {
	for _, path := range []string{"/who", "/rotate"} {
		s := newSite(t, inMemory, devices.Options{})
		here, _ := s.login(t, "alice")
		there, id := s.login(t, "alice")
		there.get(path)
		s.devices.Flush()
		key := there.jar["sessionid"]
		if sealed := s.devices.Sealed(t.Context(), s.ids["alice"], id); sealed != key {
			t.Fatalf("after %s the row has another key", path)
		}
		here.get("/end/" + id)
		if _, err := s.store.Load(t.Context(), key); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("after %s the session is still there: %v", path, err)
		}
	}
}

func TestOlderSecretsOpenSealedKeys(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{})
	b, id := s.login(t, "alice")
	s.devices.Flush()
	newer, err := secret.NewKeys("a newer key of the site, as long as it is", keys.Current().Reveal())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		keys secret.Keys
		gone bool
	}{"others": {secrettest.Keys("the key of another site, as long as it is"), false}, "newer": {newer, true}} {
		d, err := devices.New(t.Context(), s.db, c.keys, &devices.Options{Store: s.store, Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		if opened := d.Sealed(t.Context(), s.ids["alice"], id) == b.jar["sessionid"]; opened != c.gone {
			t.Errorf("%s: opened %v", name, opened)
		}
		_ = d.Close()
	}
}

// TestTableHasNoKeys: nobody who reads it gets into a session.
func TestTableHasNoKeys(t *testing.T) {
	s := newSite(t, inTable, devices.Options{})
	b, id := s.login(t, "alice")
	s.devices.Flush()
	var sealed string
	if err := s.db.DB.QueryRow("SELECT sealed FROM jamsession_device WHERE id = '" + id + "'").Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	if sealed == "" || strings.Contains(sealed, b.jar["sessionid"]) {
		t.Errorf("sealed is %d characters", len(sealed))
	}
	if _, err := s.db.DB.Exec("UPDATE jamsession_device SET id = ? WHERE id = ?", strings.Repeat("A", 26), id); err != nil {
		t.Fatal(err)
	}
	if key := s.devices.Sealed(t.Context(), s.ids["alice"], strings.Repeat("A", 26)); key != "" {
		t.Error("the sealed key opens for another row")
	}
}

// TestRowLivesAsLongAsItsSession: from the answer of the login on, and when the session is to
// live longer, before it does.
func TestRowLivesAsLongAsItsSession(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e engine) {
		s := newSite(t, e, devices.Options{})
		b, id := s.login(t, "alice")
		check := func(want time.Duration) {
			t.Helper()
			left := time.Until(s.devices.Expires(t.Context(), s.ids["alice"], id))
			if left < want-time.Hour || left > want+time.Hour {
				t.Errorf("the row lives for %v, the session for %v", left, want)
			}
		}
		const day = 24 * time.Hour
		check(14 * day)
		b.get("/expiry/8640000")
		check(100 * day)
		b.get("/expiry/60") // rows do not become shorter, since writes come out of order
		check(100 * day)
		b.is(t, "alice")
	})
}

// TestLoginThatNobodyStoresIsNotListedForLong: its answer was an error.
func TestLoginThatNobodyStoresIsNotListedForLong(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{})
	r := s.sessions.Handler(s.auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, err := s.users.ByUsername(r.Context(), "alice")
		if err == nil {
			err = s.auth.Login(r, user)
		}
		if err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusInternalServerError)
	})))
	b := &browser{t: t, s: r, jar: map[string]string{}}
	b.get("/")
	list, err := s.devices.ListUser(t.Context(), s.ids["alice"])
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	if left := time.Until(s.devices.Expires(t.Context(), s.ids["alice"], list[0].ID)); left > time.Hour {
		t.Errorf("the row lives for %v", left)
	}
}

// age lets a row have been made and seen so long ago.
func (s *site) age(t testing.TB, id string, seen, expires time.Duration) {
	t.Helper()
	now := time.Now()
	if _, err := s.db.DB.Exec(fmt.Sprintf("UPDATE jamsession_device SET seen = %d, expires = %d WHERE id = '%s'",
		now.Add(-seen).UnixMicro(), now.Add(expires).UnixMicro(), id)); err != nil {
		t.Fatal(err)
	}
}

// TestSeenIsWrittenOnceInFiveMinutes, with the address and the end of the session, and never
// by a request for itself.
func TestSeenIsWrittenOnceInFiveMinutes(t *testing.T) {
	for name, o := range map[string]devices.Options{"joined": {}, "apart": {Timeout: apart}} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, inMemory, o)
			b, id := s.login(t, "alice")
			s.devices.Flush()
			seen := func() time.Duration {
				b.is(t, "alice")
				s.devices.Flush()
				list, err := s.devices.ListUser(t.Context(), s.ids["alice"])
				if err != nil || len(list) != 1 || list[0].Address != "192.0.2.0/24" {
					t.Fatalf("%+v, %v", list, err)
				}
				return time.Since(list[0].Seen)
			}
			s.age(t, id, 4*time.Minute, time.Hour)
			if age := seen(); age < 3*time.Minute {
				t.Errorf("after four minutes it was written: %v", age)
			}
			s.age(t, id, 6*time.Minute, time.Hour)
			if age := seen(); age > time.Minute {
				t.Errorf("after six minutes it was not written: %v", age)
			}
			if left := time.Until(s.devices.Expires(t.Context(), s.ids["alice"], id)); left < 13*24*time.Hour {
				t.Errorf("the row lives for %v", left)
			}
			s.age(t, id, -time.Hour, time.Hour) // by a clock that was wrong
			if age := seen(); age > -50*time.Minute {
				t.Errorf("it went back: %v", age)
			}
		})
	}
}

func TestFullQueueDropsWrites(t *testing.T) {
	release := devices.Overflow(devices.MaxWaiting + 1000)
	if n := release(); n < devices.MaxWaiting || n > devices.MaxWaiting+200 {
		t.Errorf("%d were written", n)
	}
}

// TestExpiredRowsAreCleared a day after their end, unless the session lives.
func TestExpiredRowsAreCleared(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{AddressAge: time.Hour})
	_, recent := s.login(t, "alice")
	dead, old := s.login(t, "alice")
	living, kept := s.login(t, "alice")
	cookie, unknown := s.login(t, "alice")
	s.devices.Flush()
	_ = s.store.Delete(t.Context(), dead.jar["sessionid"])
	_ = s.store.Delete(t.Context(), cookie.jar["sessionid"])
	s.age(t, recent, 20*24*time.Hour, -23*time.Hour)
	for _, id := range []string{old, kept, unknown} {
		s.age(t, id, 20*24*time.Hour, -25*time.Hour)
	}
	list, err := s.devices.ListUser(t.Context(), s.ids["alice"])
	if err != nil || len(list) != 1 || list[0].ID != recent { // whose session lives
		t.Errorf("the list is %v, %v", list, err)
	}
	n, err := s.devices.ClearExpired(t.Context())
	if n != 2 || err != nil {
		t.Errorf("cleared %d, %v", n, err)
	}
	living.is(t, "alice")
	if n := s.rows(t, "alice"); n != 2 {
		t.Errorf("%d rows are left", n)
	}
	var address string
	if err := s.db.DB.QueryRow("SELECT address FROM jamsession_device WHERE id = '" + recent + "'").
		Scan(&address); err != nil || address != "" {
		t.Errorf("an old address is %q, %v", address, err)
	}
}

// TestOutageOfDevicesIsNotALogout: the answer is 503, and everybody is still logged in.
func TestOutageOfDevicesIsNotALogout(t *testing.T) {
	for name, o := range map[string]devices.Options{"joined": {}, "apart": {Timeout: apart}} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, inMemory, o)
			b, _ := s.login(t, "alice")
			rename := func(from, to string) {
				if _, err := s.db.DB.Exec("ALTER TABLE " + from + " RENAME TO " + to); err != nil {
					t.Fatal(err)
				}
			}
			rename("jamsession_device", "away")
			for _, path := range []string{"/who", "/list", "/login/alice"} {
				if text := b.get(path); b.Code != http.StatusServiceUnavailable {
					t.Errorf("%s: %d: %s", path, b.Code, text)
				}
			}
			rename("away", "jamsession_device")
			b.is(t, "alice")
		})
	}
}

// TestEndAllRaisesTheFloorBeforeAnyRequest: an administrator may come first.
func TestEndAllRaisesTheFloorBeforeAnyRequest(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{})
	if _, err := s.devices.EndAll(t.Context(), s.ids["alice"]); err != nil {
		t.Fatal(err)
	}
	if floor, err := s.users.LoginFloor(t.Context(), s.ids["alice"]); err != nil || floor.IsZero() {
		t.Errorf("the floor is %v, error %v", floor, err)
	}
}

// TestFailedDeleteOfTheRowIsNotALogout.
func TestFailedDeleteOfTheRowIsNotALogout(t *testing.T) {
	s := newSite(t, inCookies, devices.Options{})
	b, _ := s.login(t, "alice")
	if _, err := s.db.DB.Exec("CREATE TRIGGER keep BEFORE DELETE ON jamsession_device BEGIN SELECT RAISE(ABORT, 'full'); END"); err != nil {
		t.Fatal(err)
	}
	if text := b.get("/logout"); b.Code != http.StatusServiceUnavailable || strings.Contains(text, "bye") {
		t.Errorf("%d: %s", b.Code, text)
	}
}

// TestManagerWithoutDevicesIgnoresThem: it neither asks for rows nor ends logins.
func TestManagerWithoutDevicesIgnoresThem(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{})
	b, id := s.login(t, "alice")
	s.devices.Flush() // a key that comes to a row which is gone ends its session
	if _, err := s.db.DB.Exec("DELETE FROM jamsession_device WHERE id = ?", id); err != nil {
		t.Fatal(err)
	}
	other := &browser{t: t, jar: b.jar, s: s.sessions.Handler(s.plain.Handler(s.pages()))}
	other.is(t, "alice")
	b.is(t, "")
}

// TestAskListsTheDevices, ends none, and logs nobody in.
func TestAskListsTheDevices(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{Max: 1, WhenFull: devices.Ask})
	here, id := s.login(t, "alice")
	var full *devices.LimitError
	there := &browser{t: t, jar: map[string]string{}, s: s.sessions.Handler(s.auth.Handler(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			user, err := s.auth.Authenticate(r, "alice", "pass of alice")
			if err != nil {
				t.Error(err)
			}
			if err := s.auth.Login(r, user); !errors.As(err, &full) {
				t.Errorf("Login: %v", err)
			}
			if who := auth.From(r); who.IsAuthenticated() {
				t.Errorf("the visitor is %v", who)
			}
			if r.URL.Path == "/end" {
				if err := errors.Join(
					s.devices.EndDevice(r.Context(), user.ID, full.Devices[0].ID), s.auth.Login(r, user),
				); err != nil {
					t.Error(err)
				}
			}
		})))}
	there.get("/")
	if full == nil || full.Max != 1 || len(full.Devices) != 1 || full.Devices[0].ID != id {
		t.Fatalf("the error is %+v", full)
	}
	here.is(t, "alice")
	there.get("/end")
	here.is(t, "")
	there.s = s
	there.is(t, "alice")
}

// TestAdoptionHasALimit: a login by Django is one too many, too.
func TestAdoptionHasALimit(t *testing.T) {
	for policy, want := range map[devices.Policy][2]string{
		devices.EndOldest: {"", "alice"}, devices.Refuse: {"alice", ""}, devices.Ask: {"alice", ""},
	} {
		s := newSite(t, inMemory, devices.Options{Max: 1, WhenFull: policy})
		here, _ := s.login(t, "alice")
		there := s.browser(t)
		there.get("/django/alice")
		there.is(t, want[1])
		here.is(t, want[0])
	}
}

func TestEvents(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{Max: 2})
	first, a := s.login(t, "alice")
	_, b := s.login(t, "alice")
	django := s.browser(t)
	django.get("/django/alice")
	c := django.own(t) // ends the first
	first.is(t, "")
	django.get("/end/" + b)
	django.get("/logout")
	u := s.ids["alice"]
	want := []devices.Event{
		{devices.EventStarted, u, a},
		{devices.EventStarted, u, b},
		{devices.EventEnded, u, a},
		{devices.EventLimited, u, c},
		{devices.EventAdopted, u, c},
		{devices.EventEnded, u, b},
		{devices.EventEnded, u, c},
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.events) != len(want) {
		t.Fatalf("the events are %v", s.events)
	}
	for i := range want {
		if s.events[i] != want[i] {
			t.Errorf("event %d is %v, want %v", i, s.events[i], want[i])
		}
	}
}

// TestRename refuses what cannot be shown.
func TestRename(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{})
	b, id := s.login(t, "alice")
	for name, want := range map[string]int{
		"%20Phone%20": http.StatusOK, strings.Repeat("%C3%A9", 60): http.StatusOK,
		strings.Repeat("x", 61): http.StatusServiceUnavailable, "a%0Ab": http.StatusServiceUnavailable,
		"%FF": http.StatusServiceUnavailable, "%E2%80%AEx": http.StatusServiceUnavailable,
	} {
		if b.get("/rename/" + id + "/" + name); (b.Code == http.StatusOK) != (want == http.StatusOK) {
			t.Errorf("%s: %d", name, b.Code)
		}
	}
}
