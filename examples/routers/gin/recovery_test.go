package main

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// TestRecoveryOfGinLogsNoKey: a page that is stopped leaves no cookie in the log, also
// without hideHeader. The page's own panic needs it, or a handler of the library around
// the page.
func TestRecoveryOfGinLogsNoKey(t *testing.T) {
	var log bytes.Buffer
	old := gin.DefaultErrorWriter
	gin.DefaultErrorWriter = &log
	defer func() { gin.DefaultErrorWriter = old }()
	sessions, err := session.New(memstore.New(), nil)
	if err != nil {
		t.Fatal(err)
	}
	bug := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("bug") })
	router := gin.Default()
	router.GET("/abort", func(c *gin.Context) { session.Abort(c.Request, errors.New("down")) })
	router.GET("/bug", gin.WrapH(sessions.Handler(bug)))
	router.GET("/hidden", hideHeader, gin.WrapH(bug))
	const key = "gx1tiscpf1m5tmhz4kdkr1dtn5kq1x9n"
	for _, path := range []string{"/abort", "/bug", "/hidden"} {
		log.Reset()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.AddCookie(&http.Cookie{Name: "sessionid", Value: key})
		w := httptest.NewRecorder()
		sessions.Handler(router).ServeHTTP(w, r)
		if w.Code != http.StatusInternalServerError || strings.Contains(log.String(), key) ||
			!strings.Contains(log.String(), "GET "+path+" HTTP/1.1") {
			t.Errorf("%s: status %d, the log has %s", path, w.Code, &log)
		}
	}
}
