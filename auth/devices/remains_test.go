package devices_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// A stubbornStore does not delete.
type stubbornStore struct {
	session.Store
	deletes func() error // nil: it does
}

func (s *stubbornStore) Delete(ctx context.Context, key string) error {
	if s.deletes != nil {
		if err := s.deletes(); err != nil {
			return err
		}
	}
	return s.Store.Delete(ctx, key)
}

// TestSessionThatWasNotDeletedIsDeletedLater: by a process that comes past, and by
// ClearExpired. Meanwhile it opens nothing, and nobody sees the row.
func TestSessionThatWasNotDeletedIsDeletedLater(t *testing.T) {
	for name, later := range map[string]func(s *site, b *browser) error{
		"a minute": func(s *site, _ *browser) error { s.devices.DeleteRemains(t.Context()); return nil },
		"clearing": func(s *site, _ *browser) error { _, err := s.devices.ClearExpired(t.Context()); return err },
		"a request": func(s *site, b *browser) error {
			b.get("/rotate") // whose new key is written
			s.devices.Flush()
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			store := &stubbornStore{Store: memstore.New()}
			s := newSite(t, func(testing.TB, django.Database) session.Store { return store }, devices.Options{})
			here, _ := s.login(t, "alice")
			there, id := s.login(t, "alice")
			s.devices.Flush()
			key := there.copy().jar["sessionid"]
			store.deletes = func() error { return errFault }
			if text := here.get("/end/" + id); text != "ended" {
				t.Fatalf("%d: %s", here.Code, text)
			}
			store.deletes = nil
			if n := s.rows(t, "alice"); n != 1 {
				t.Errorf("the user has %d rows", n)
			}
			if text := here.get("/end/" + id); text == "ended" {
				t.Error("it is ended twice")
			}
			s.devices.DeleteRemains(t.Context()) // too early: the process that has ended it is at it
			if s.remains(t) != 1 {
				t.Error("what remains is not left to the process that has ended the login")
			}
			s.ageRemains(t)
			s.devices.ForgetLook()
			if err := later(s, here); err != nil {
				t.Fatal(err)
			}
			s.isGone(t, key)
			if n := s.remains(t); n != 0 {
				t.Errorf("%d rows remain", n)
			}
			there.is(t, "")
		})
	}
}

// TestRotationThatMeetsTheEndLeavesNoSession under the new key, at a Django site.
func TestRotationThatMeetsTheEndLeavesNoSession(t *testing.T) {
	for name, open := range databases {
		if testing.Short() && name != "SQLite" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			s := newSiteOn(t, open(t), inMemory, devices.Options{})
			there, id := s.login(t, "alice")
			there.s = s.sessions.Handler(s.auth.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if auth.From(r).Username != "alice" {
					t.Error("the visitor is not logged in")
				}
				if err := s.devices.EndDevice(r.Context(), s.ids["alice"], id); err != nil {
					t.Error(err)
				}
				session.From(r).CycleKey()
			})))
			there.get("/")
			s.devices.Flush()
			s.isGone(t, there.jar["sessionid"])
			if n := s.remains(t); n != 0 {
				t.Errorf("%d rows remain", n)
			}
		})
	}
}

// TestVisitorsOwnEndIsSwept: the request that ends itself may still store its session.
func TestVisitorsOwnEndIsSwept(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{})
	b, id := s.login(t, "alice")
	s.devices.Flush()
	if text := b.get("/end/" + id); text != "ended" {
		t.Fatalf("%d: %s", b.Code, text)
	}
	s.ageRemains(t)
	s.devices.DeleteRemains(t.Context())
	s.isGone(t, b.jar["sessionid"])
}

// killedIn is the database in which TestKilledBeforeTheRest ends a device.
const killedIn = "JAMSESSION_TEST_KILLED_IN"

// TestKilledBeforeTheRest: a process is killed when the row is gone, and the session is not.
func TestKilledBeforeTheRest(t *testing.T) {
	if name := os.Getenv(killedIn); name != "" {
		endAndHang(t, name)
		return
	}
	db, name := sqliteNamed(t)
	s := newSiteOn(t, db, inTable, devices.Options{})
	there, id := s.login(t, "alice")
	s.devices.Flush()
	key := there.copy().jar["sessionid"]
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledBeforeTheRest$")
	child.Env = append(os.Environ(), killedIn+"="+name, "JAMSESSION_TEST_USER="+s.ids["alice"],
		"JAMSESSION_TEST_DEVICE="+id)
	out := noerror.In(child.StdoutPipe())
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	_ = child.Process.Kill()
	_ = child.Wait()
	if line != "the row is gone\n" {
		t.Fatalf("the other process says %q", line)
	}
	if _, err := s.store.Load(t.Context(), key); err != nil {
		t.Fatalf("the session: %v", err)
	}
	stolen := there.copy()
	s.ageRemains(t)
	s.devices.ForgetLook()
	s.login(t, "bob") // whose key is written, and the process looks around
	s.devices.Flush()
	s.isGone(t, key)
	there.is(t, "")
	stolen.is(t, "")
}

// endAndHang ends a device, and does not get further than the store.
func endAndHang(t *testing.T, name string) {
	t.Helper()
	db := noerror.In(sql.Open("sqlite", name))
	store := &stubbornStore{Store: memstore.New(), deletes: func() error {
		fmt.Println("the row is gone")
		select {}
	}}
	d := noerror.In(devices.New(t.Context(), django.Database{DB: db}, keys, &devices.Options{Store: store}))
	err := d.EndDevice(t.Context(), os.Getenv("JAMSESSION_TEST_USER"), os.Getenv("JAMSESSION_TEST_DEVICE"))
	t.Fatalf("not killed: %v", err)
}

// remains counts the rows of what remains of logins.
func (s *site) remains(t testing.TB) (n int) {
	t.Helper()
	if err := s.db.DB.QueryRow(
		"SELECT COUNT(*) FROM jamsession_device WHERE user_key = '' AND sealed <> ''").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// ageRemains has logins have been ended a while ago.
func (s *site) ageRemains(t testing.TB) {
	t.Helper()
	if _, err := s.db.DB.Exec("UPDATE jamsession_device SET seen = seen - " +
		fmt.Sprint(time.Minute.Microseconds()) + " WHERE user_key = '' AND sealed <> ''"); err != nil {
		t.Fatal(err)
	}
}

// isGone fails if the store has a session.
func (s *site) isGone(t testing.TB, key string) {
	t.Helper()
	if _, err := s.store.Load(t.Context(), key); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("the session is still there: %v", err)
	}
}
