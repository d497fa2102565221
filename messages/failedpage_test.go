package messages_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
)

// recovering answers 500 after a panic, as middleware around a site does.
func recovering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				http.Error(w, "broken", http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// failures are pages that take messages, and then fail before they have shown them.
var failures = map[string]http.HandlerFunc{
	"500": func(w http.ResponseWriter, r *http.Request) {
		messages.Take(r)
		http.Error(w, "broken", http.StatusInternalServerError)
	},
	"503, with a message": func(w http.ResponseWriter, r *http.Request) {
		messages.Take(r)
		messages.Success(r, "saved again")
		http.Error(w, "broken", http.StatusServiceUnavailable)
	},
	"a panic": func(_ http.ResponseWriter, r *http.Request) {
		messages.Take(r)
		panic("broken")
	},
	"Abort": func(_ http.ResponseWriter, r *http.Request) {
		messages.Take(r)
		session.Abort(r, errors.New("broken"))
	},
}

// TestPageThatFailsTakesNoMessages, wherever they wait: the next page shows them.
func TestPageThatFailsTakesNoMessages(t *testing.T) {
	for name, page := range failures {
		for _, storage := range []messages.Storage{
			messages.StorageFallback, messages.StorageCookie, messages.StorageSession,
		} {
			v := visit(t, &messages.Options{Storage: storage})
			v.get(func(_ http.ResponseWriter, r *http.Request) { messages.Success(r, "saved") })
			resp := v.get(recovering(page).ServeHTTP)
			if resp.StatusCode < 500 {
				t.Errorf("%s: %s", name, resp.Status)
			}
			if got := v.take(); got != "success:saved" {
				t.Errorf("%s, storage %d: shown are %q", name, storage, got)
			}
			if got := v.take(); got != "" {
				t.Errorf("%s, storage %d: shown again are %q", name, storage, got)
			}
		}
	}
}

// TestRecoveryAroundTheSiteTakesNoMessages: it answers with the header that the page has
// left, which no writer of this module sees.
func TestRecoveryAroundTheSiteTakesNoMessages(t *testing.T) {
	forms, err := csrf.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	cookies := &messages.Options{Storage: messages.StorageCookie}
	notices, err := messages.New(keys, cookies)
	if err != nil {
		t.Fatal(err)
	}
	for name, around := range map[string]func(http.Handler) http.Handler{
		"messages alone": func(h http.Handler) http.Handler { return notices.Handler(h) },
		"inside of csrf": func(h http.Handler) http.Handler { return forms.Handler(notices.Handler(h)) },
	} {
		for _, page := range []http.HandlerFunc{failures["a panic"], failures["500"]} {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			first := httptest.NewRecorder()
			around(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				messages.Success(r, "saved")
			})).ServeHTTP(first, r)
			for _, c := range first.Result().Cookies() {
				r.AddCookie(c)
			}
			w := httptest.NewRecorder()
			recovering(around(page)).ServeHTTP(w, r)
			if w.Code != 500 || len(w.Result().Cookies()) > 0 {
				t.Errorf("%s: %d, cookies %v", name, w.Code, w.Result().Cookies())
			}
			if len(r.Cookies()) != 1 {
				t.Fatalf("%s: cookies %v", name, r.Cookies())
			}
		}
	}
}

// TestPageOfAMistakeTakesItsMessages: a status below 500 is a page that was meant.
func TestPageOfAMistakeTakesItsMessages(t *testing.T) {
	for _, status := range []int{302, 400, 404, 499} {
		v := visit(t, nil)
		v.get(func(_ http.ResponseWriter, r *http.Request) { messages.Success(r, "saved") })
		v.get(func(w http.ResponseWriter, r *http.Request) {
			messages.Take(r)
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(status)
		})
		if got := v.take(); got != "" {
			t.Errorf("%d: shown again are %q", status, got)
		}
	}
}
