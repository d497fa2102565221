package integration

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/authtest"
	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
	sites "github.com/jamsession/jamsession/site"
)

// TestEndReachesPagesOfOtherProcesses: a page that is open in one learns at once what another has
// ended; within a few looks while nothing is carried between them; and at once again afterwards. The
// database is behind a PgBouncer, which the push goes round.
func TestEndReachesPagesOfOtherProcesses(t *testing.T) {
	for name, push := range map[string]func(at servertest.Database) (server string, url func(addr string) string){
		"PostgreSQL": func(at servertest.Database) (string, func(string) string) {
			return at.Addr, func(addr string) string {
				at.Addr = addr
				return at.PostgresURL()
			}
		},
		"Redis": func(servertest.Database) (string, func(string) string) {
			return servertest.Redis(t).Addr, func(addr string) string { return "redis://" + addr }
		},
	} {
		t.Run(name, func(t *testing.T) {
			at := servertest.Postgres(t)
			server, url := push(at)
			between := newProxy(t, server)
			pooled := servertest.PgBouncer(t, at).PostgresURL() + poolerSetting
			here, there := twoSites(t, pooled, url(between.addr))
			here.isTold(t, there)
			between.now.Stop()
			for range 2 {
				if late := here.ends(t, there); late > 10*time.Second {
					t.Errorf("without a push a page learns after %v", late)
				}
			}
			between.open()
			here.isTold(t, there)
		})
	}
}

// A process is a site, with a user who logs in there.
type process struct {
	*sites.Site
	user auth.User
}

// twoSites of one database have this push.
func twoSites(t *testing.T, database, push string) (here, there process) {
	t.Helper()
	s := noerror.In(settings.Load(settings.Sources{Flags: map[string]string{
		"SECRET_KEY":   "p4Yt7wq0Zr8Vd2Lx6Nb3Ms9Kc5Jh1Gf-Qe_Ta.Uo+Wi/Xy=RlHg",
		"DATABASE_URL": database, "DEVICE_PUSH_URL": push,
	}}))
	if err := sites.Migrate(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*process{&here, &there} {
		p.Site = noerror.In(sites.Open(t.Context(), s, &sites.Options{
			Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		}))
		t.Cleanup(func() { _ = p.Close() })
	}
	user := noerror.In(here.Users().Create(t.Context(), auth.User{Username: "ann", IsActive: true, Password: "!"}))
	here.user, there.user = user, user
	return here, there
}

// isTold fails unless most ends of logins soon arrive sooner than a look each second explains.
func (p process) isTold(t *testing.T, by process) {
	t.Helper()
	var late []time.Duration
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		late = late[:0]
		for range 7 {
			late = append(late, p.ends(t, by))
		}
		if slices.Sort(late); late[4] < 250*time.Millisecond {
			return
		}
	}
	t.Errorf("the pages learn after %v", late)
}

// ends returns how long after another process has ended a login a page learns of it.
func (p process) ends(t *testing.T, by process) time.Duration {
	t.Helper()
	open, told := make(chan struct{}), make(chan time.Time, 1)
	page := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		defer close(told)
		login, stop, err := p.Devices().Watch(r)
		if err != nil {
			session.Abort(r, err)
		}
		defer stop()
		close(open)
		select {
		case <-login.Done():
			if err := context.Cause(login); !errors.Is(err, devices.ErrEnded) {
				t.Errorf("the login ends with %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("the page does not learn of the end")
		}
		told <- time.Now()
	})
	c := authtest.NewClient(t, p.Handler(page), p.Handler)
	c.Login(p.Auth, p.user)
	go c.Get("/")
	select {
	case <-open:
	case <-told:
		t.Fatal("the page is refused")
	}
	list := noerror.In(by.Devices().ListUser(t.Context(), p.user.ID))
	ended := time.Now()
	for _, d := range list {
		if err := by.Devices().EndDevice(t.Context(), p.user.ID, d.ID); err != nil {
			t.Error(err)
		}
	}
	return (<-told).Sub(ended)
}
