package devices_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jamsession/jamsession/auth/devices"
)

// TestNoRequestSucceedsAfterTheEnd: of two hundred that read, save and rotate while the device
// is ended, none that begins after End has returned.
func TestNoRequestSucceedsAfterTheEnd(t *testing.T) {
	forEachTable(t, func(t *testing.T, e engine, o devices.Options) { endAmongRequests(t, newSite(t, e, o)) })
	forEachEngine(t, func(t *testing.T, e engine) {
		endAmongRequests(t, newSite(t, e, devices.Options{Timeout: apart}))
	})
}

func endAmongRequests(t *testing.T, s *site) {
	t.Helper()
	here, _ := s.login(t, "alice")
	there, id := s.login(t, "alice")
	var ended atomic.Bool
	some := make(chan struct{}, 1000) // requests that were answered before
	var group sync.WaitGroup
	group.Go(func() {
		for range 20 {
			<-some
		}
		if code, text := here.ask("/end/" + id); text != "ended" {
			t.Errorf("end: %d: %s", code, text)
		}
		ended.Store(true)
	})
	for i := range 40 {
		group.Go(func() {
			path := []string{"/who", "/count"}[i%2]
			if i == 0 { // only one, since the browser would mistake an older key for a newer
				path = "/rotate"
			}
			for n, late := 0, 0; n < 1000 && late < 3; n++ {
				after := ended.Load()
				code, text := there.ask(path)
				if after && code == http.StatusOK && strings.HasPrefix(text, "alice") {
					t.Errorf("%s succeeded after the end: %s", path, text)
				}
				if after {
					late++
				}
				select {
				case some <- struct{}{}:
				default:
				}
			}
		})
	}
	group.Wait()
	there.is(t, "")
}

// TestLimitIsExact: fifty logins at once leave as many devices as there may be, and those are
// logged in.
func TestLimitIsExact(t *testing.T) {
	for name, open := range databases {
		if name == changedRows {
			continue // a lock differs in nothing there
		}
		t.Run(name, func(t *testing.T) {
			for _, policy := range []devices.Policy{devices.EndOldest, devices.Refuse, devices.Ask} {
				s := newSiteOn(t, open(t), inMemory, devices.Options{Max: 3, WhenFull: policy})
				limitIsExact(t, s, policy, 50)
			}
		})
	}
}

// limitIsExact logs in so many times at once, where three devices are as many as there may be.
func limitIsExact(t *testing.T, s *site, policy devices.Policy, logins int) {
	t.Helper()
	const most = 3
	browsers := make([]*browser, logins)
	var in, refused atomic.Int32
	meet(len(browsers), func(i int) {
		browsers[i] = s.browser(t)
		switch code, text := browsers[i].ask("/login/alice"); code {
		case http.StatusOK:
			in.Add(1)
		case http.StatusConflict:
			refused.Add(1)
		default:
			t.Errorf("login: %d: %s", code, text)
		}
	})
	if n := s.rows(t, "alice"); n != most {
		t.Errorf("policy %d: %d rows", policy, n)
	}
	alive := 0
	for _, b := range browsers {
		if b.get("/who") == "alice" {
			alive++
		}
	}
	if alive != most {
		t.Errorf("policy %d: %d are logged in", policy, alive)
	}
	all, want := int32(logins), int32(most)
	if policy == devices.EndOldest {
		want = all
	}
	if in.Load() != want || refused.Load() != all-want {
		t.Errorf("policy %d: %d were let in, and %d refused", policy, in.Load(), refused.Load())
	}
}
