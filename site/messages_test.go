package site_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/messages"
)

// TestSiteServesMessages by the storage of the settings, and with the session
// cookie's attributes.
func TestSiteServesMessages(t *testing.T) {
	for storage, cookie := range map[string]string{"fallback": "messages", "session": "sessionid"} {
		site := open(t, tempFile(t), map[string]string{
			"SECRET_KEY": goodKey, "MESSAGE_STORAGE": storage, "SESSION_COOKIE_SAMESITE": "Strict",
		})
		w := httptest.NewRecorder()
		site.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			messages.Info(r, "hello")
		})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		got := w.Header().Get("Set-Cookie")
		if !strings.HasPrefix(got, cookie+"=") || !strings.Contains(got, "SameSite=Strict; Secure") {
			t.Errorf("%s: Set-Cookie: %s", storage, got)
		}
	}
}
