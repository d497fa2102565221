package session_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

// strange is a key without a hexadecimal digit, so that a fingerprint shares
// no character with it.
const strange = "ghijklmnopqrstuvwxyzzyxwvutsrqpo"

// variants are strange with another character in each place.
func variants() (keys []string) {
	for i := range strange {
		keys = append(keys, strange[:i]+"g"+strange[i+1:])
	}
	return keys[1:] // the first is strange
}

// TestFingerprintShowsNothingOfTheKey, and every character of the key counts.
func TestFingerprintShowsNothingOfTheKey(t *testing.T) {
	fingerprint := session.Fingerprint(strange)
	if len(fingerprint) != 12 || strings.ContainsAny(fingerprint, strange) {
		t.Errorf("fingerprint %q", fingerprint)
	}
	for i, key := range variants() {
		if session.Fingerprint(key) == fingerprint {
			t.Errorf("character %d does not count", i+1)
		}
	}
}

// TestHashedKeysAreHashedWhole: every character of the key counts, and what is
// stored has as many bits as a key.
func TestHashedKeysAreHashedWhole(t *testing.T) {
	hashed := session.HashKey(strange)
	if len(hashed) != 40 {
		t.Errorf("%d characters", len(hashed))
	}
	for i, key := range variants() {
		if session.HashKey(key)[:8] == hashed[:8] {
			t.Errorf("character %d does not count", i+1)
		}
	}
}

// TestNoPartOfTheKeyIsPrinted: not three characters of it, by a session, a
// record, an event or the log, in any way that Go prints things.
func TestNoPartOfTheKeyIsPrinted(t *testing.T) {
	for name, data := range map[string]string{"good": `{"password":"hunter2"}`, "damaged": "hunter2"} {
		text := everythingPrinted(t, data)
		for i := range len(strange) - 2 {
			if strings.Contains(text, strange[i:i+3]) {
				t.Errorf("%s: %q is in\n%s", name, strange[i:i+3], text)
			}
		}
		if strings.Contains(text, "hunter2") || strings.Count(text, session.Fingerprint(strange)) < 10 {
			t.Errorf("%s: the data, or too few fingerprints, are in\n%s", name, text)
		}
	}
}

// everythingPrinted is what there is to see of the session with this data while
// it is loaded, changed and logged out.
func everythingPrinted(t *testing.T, data string) string {
	t.Helper()
	store := newSpy()
	rec := session.Record{Key: strange, Data: []byte(data), Expiry: time.Now().Add(time.Hour)}
	mustCreate(t, store, rec)
	var text bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&text, nil))
	m := noerror.In(session.New(store, &session.Options{
		Logger:  logger,
		Observe: func(_ context.Context, e session.Event) { fmt.Fprintf(&text, "%+v\n", e) },
	}))
	serve := func(h http.HandlerFunc) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", "sessionid="+strange)
		m.Handler(h).ServeHTTP(httptest.NewRecorder(), r)
	}
	serve(func(_ http.ResponseWriter, r *http.Request) {
		s := session.From(r)
		s.Set("n", 1)
		logger.Info("x", "session", s, "record", rec)
		slog.New(slog.NewTextHandler(&text, nil)).Info("x", "session", s, "record", rec)
		marshalled, _ := json.Marshal(s) //lint:ignore SA9005 it must show nothing
		text.Write(marshalled)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			fmt.Fprintf(&text, verb+" "+verb+"\n", s, rec)
		}
	})
	serve(func(_ http.ResponseWriter, r *http.Request) { session.From(r).Flush() })
	return text.String()
}
