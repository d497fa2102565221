package integration

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	coder "github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// upgrades are how handlers of the two common libraries accept a connection.
var upgrades = map[string]struct {
	accept func(w http.ResponseWriter, r *http.Request) error
	sends  bool // the cookie reaches the visitor
	warns  bool
}{
	"coder/websocket": {func(w http.ResponseWriter, r *http.Request) error {
		conn, err := coder.Accept(w, r, nil)
		if err != nil {
			return err
		}
		return conn.CloseNow()
	}, true, false},
	"gorilla/websocket with the header": {func(w http.ResponseWriter, r *http.Request) error {
		conn, err := new(gorilla.Upgrader).Upgrade(w, r, w.Header())
		if err != nil {
			return err
		}
		return conn.Close()
	}, true, true}, // nobody can see what the library writes
	"gorilla/websocket without it": {func(w http.ResponseWriter, r *http.Request) error {
		conn, err := new(gorilla.Upgrader).Upgrade(w, r, nil)
		if err != nil {
			return err
		}
		return conn.Close()
	}, false, true},
}

// TestUpgradeSendsTheCookie: docs/custom-middleware.md says how each library takes the
// cookie of a new session along. A session whose cookie stays behind is never without a
// warning in the log.
func TestUpgradeSendsTheCookie(t *testing.T) {
	for name, u := range upgrades {
		for _, known := range []bool{false, true} {
			var log bytes.Buffer
			store := memstore.New()
			m, err := session.New(store, &session.Options{
				Cookie: cookie.Options{Secure: cookie.SecureNeverUnsafe},
				Logger: slog.New(slog.NewTextHandler(&log, nil)),
			})
			if err != nil {
				t.Fatal(err)
			}
			accepted := make(chan error, 1)
			server := httptest.NewServer(m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				session.From(r).Set("seat", 7)
				if r.Header.Get("Upgrade") != "" {
					accepted <- u.accept(w, r)
				}
			})))
			header := http.Header{}
			if known {
				resp, err := http.Get(server.URL)
				if err != nil {
					t.Fatal(err)
				}
				_ = resp.Body.Close()
				header.Set("Cookie", "sessionid="+resp.Cookies()[0].Value)
			}
			conn, resp, err := gorilla.DefaultDialer.Dial(strings.Replace(server.URL, "http", "ws", 1), header)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			_ = conn.Close()
			if err := <-accepted; err != nil {
				t.Errorf("%s: %v", name, err)
			}
			server.Close()
			if sent := len(resp.Cookies()) == 1; sent != (u.sends && !known) {
				t.Errorf("%s, known %t: cookies %v", name, known, resp.Cookies())
			}
			if warned := strings.Contains(log.String(), "taken over"); warned != (u.warns && !known) {
				t.Errorf("%s, known %t: logged %q", name, known, &log)
			}
		}
	}
}
