package django

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tryClear: clearsessions of each side removes what has expired on the other,
// and nothing else.
func tryClear(t *testing.T, x exchange) {
	b, expired := newBrowser(t), newBrowser(t)
	b.post(x.from, "/items", "items", `{"a":1}`)
	expired.post(x.from, "/items", "items", `{"a":2}`)
	old, live := expired.cookie("sessionid"), b.cookie("sessionid")
	x.expire(t, old)
	if x.engine.keeps() && !x.remains(t, old) {
		t.Error("what has expired is gone already")
	}
	is(t, "clearsessions", newBrowser(t).get(x.to, "/clearsessions"), "cleared")
	if x.engine.keeps() && x.remains(t, old) {
		t.Errorf("%s leaves what has expired", x.to)
	}
	is(t, "what has not expired", b.get(x.from, "/items"), `{"a":1}`)
	if x.engine.keeps() && !x.remains(t, live) {
		t.Error("what has not expired is gone")
	}
}

// keeps: what has expired stays until somebody removes it.
func (e engine) keeps() bool { return e.engine == "file" || strings.HasSuffix(e.engine, "db") }

// expire makes a session have ended long ago.
func (x exchange) expire(t *testing.T, key string) {
	t.Helper()
	long := time.Now().Add(-1000 * time.Hour)
	var err error
	if folder := x.folder(); folder != "" {
		err = os.Chtimes(filepath.Join(folder, "sessionid"+key), long, long)
	} else if x.engine.keeps() {
		_, err = x.site.Database.DB.ExecContext(t.Context(), "UPDATE "+x.engine.project.sessions()+
			" SET expire_date = '2020-01-01 00:00:00' WHERE session_key = '"+key+"'")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// remains reports whether there is a row or a file of a session.
func (x exchange) remains(t *testing.T, key string) bool {
	t.Helper()
	if folder := x.folder(); folder != "" {
		_, err := os.Stat(filepath.Join(folder, "sessionid"+key))
		return err == nil
	}
	n := 0
	err := x.site.Database.DB.QueryRowContext(t.Context(),
		"SELECT COUNT(*) FROM "+x.engine.project.sessions()+" WHERE session_key = '"+key+"'").Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n > 0
}

// folder is where sessions are files, or "".
func (x exchange) folder() string { return x.place.golang["SESSION_FILE_PATH"] }
