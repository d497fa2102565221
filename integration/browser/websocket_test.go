package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	gorilla "github.com/gorilla/websocket"

	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// socketPage opens a WebSocket, and shows what comes.
const socketPage = `<!doctype html><p id="said"></p><script>
const socket = new WebSocket(%q), say = text => { document.getElementById("said").innerText = text };
socket.onmessage = e => say("got " + e.data);
socket.onerror = () => say("refused");
</script>`

// TestForeignPagesOpenNoWebSocket: the browser sends the visitor's cookies with the
// handshake, and no library in between looks at the Origin.
func TestForeignPagesOpenNoWebSocket(t *testing.T) {
	sessions, err := session.New(memstore.New(), nil)
	if err != nil {
		t.Fatal(err)
	}
	forms, err := csrf.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var server *httptest.Server
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		session.From(r).Set("name", "carol")
		fmt.Fprintf(w, socketPage, strings.Replace(server.URL, "http", "ws", 1)+"/socket")
	})
	anyOrigin := gorilla.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	mux.HandleFunc("GET /socket", func(w http.ResponseWriter, r *http.Request) {
		name := session.Item[string]("name").Get(session.From(r), "nobody")
		conn, err := anyOrigin.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_ = conn.WriteMessage(gorilla.TextMessage, []byte(name))
	})
	server = untilTheEnd(t, httptest.NewServer(sessions.Handler(forms.Handler(mux))))
	evil := untilTheEnd(t, httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, socketPage, strings.Replace(server.URL, "http", "ws", 1)+"/socket")
	})))
	v := newVisitor(t, server.URL)
	for _, c := range []struct{ page, said string }{
		{server.URL, "got carol"},
		{evil.URL, "refused"}, // another port of the host, which gets the cookies
		{strings.Replace(evil.URL, "127.0.0.1", "localhost", 1), "refused"},
	} {
		v.loads(200, chromedp.Navigate(c.page))
		said := ""
		for deadline := time.Now().Add(patience); said == "" && time.Now().Before(deadline); {
			said = evaluate[string](v, `document.getElementById("said").innerText`)
		}
		if said != c.said {
			t.Errorf("the page of %s %s", c.page, said)
		}
	}
}
