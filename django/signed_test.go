package django_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/internal/signing"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

const (
	siteKey = "the secret of this test"
	salt    = "django.contrib.sessions.SessionStore"
)

func encode(t *testing.T, codec session.Codec, items string) string {
	t.Helper()
	data, err := codec.Encode([]byte(items))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestSignedReadsWhatItWrote(t *testing.T) {
	codec := noerror.In(django.Signed(secrettest.Keys(siteKey)))
	for _, items := range []string{"{}", `{"a":1.0}`, `{"a":"` + strings.Repeat("b", 1<<20) + `"}`} {
		got, err := codec.Decode([]byte(encode(t, codec, items)))
		if err != nil || string(got) != items {
			t.Errorf("%.20s: got %.20s, %v", items, got, err)
		}
	}
}

func TestSignedCompressesWhereThatIsShorter(t *testing.T) {
	text := func(n int) string { return `{"a":"` + strings.Repeat("0f", (n-8)/2) + `"}` }
	if data := encode(t, noerror.In(django.Signed(secrettest.Keys(siteKey))), text(512)); data[0] != '.' || len(data) >= 512 {
		t.Errorf("512 bytes became %d: %s", len(data), data)
	}
	if data := encode(t, noerror.In(django.Signed(secrettest.Keys(siteKey))), text(510)); data[0] == '.' {
		t.Errorf("510 bytes were compressed: %s", data)
	}
	noise := make([]byte, 1000)
	for i := range noise {
		noise[i] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-"[rand.IntN(64)]
	}
	if data := encode(t, noerror.In(django.Signed(secrettest.Keys(siteKey))), `{"a":"`+string(noise)+`"}`); data[0] == '.' && len(data) > 1400 {
		t.Errorf("what cannot be shortened became %d bytes", len(data))
	}
}

func TestSignedCallsWhatItCannotReadCorrupt(t *testing.T) {
	codec := noerror.In(django.Signed(secrettest.Keys(siteKey)))
	sound := encode(t, codec, `{"a":1}`)
	signer := signing.New(salt, secrettest.Keys(siteKey))
	for name, data := range map[string]string{
		"nothing":         "",
		"plain JSON":      `{"a":1}`,
		"another secret":  encode(t, noerror.In(django.Signed(secrettest.Keys("another secret"))), `{"a":1}`),
		"another purpose": string(signing.New("messages", secrettest.Keys(siteKey)).Dumps([]byte("{}"), true)),
		"truncated":       sound[:len(sound)-1],
		"longer":          sound + "A",
		"no time":         signer.Sign("e30"),
		"bad time":        signer.Sign("e30:?"),
		"bad base64":      signer.SignTime("e"),
		"bad zlib":        signer.SignTime(".e30"),
	} {
		items, err := codec.Decode([]byte(data))
		if !errors.Is(err, session.ErrCorrupt) || items != nil {
			t.Errorf("%s: got %q, %v", name, items, err)
		}
	}
}

func TestSignedReadsWithFallbacksAndWritesWithTheSecret(t *testing.T) {
	codec := noerror.In(django.Signed(secrettest.Keys("new", "old", "older")))
	for _, before := range []string{"new", "old", "older"} {
		items, err := codec.Decode([]byte(encode(t, noerror.In(django.Signed(secrettest.Keys(before))), "{}")))
		if err != nil || string(items) != "{}" {
			t.Errorf("signed with %q: got %s, %v", before, items, err)
		}
	}
	if _, err := noerror.In(django.Signed(secrettest.Keys("new"))).Decode([]byte(encode(t, codec, "{}"))); err != nil {
		t.Errorf("not signed with the first secret: %v", err)
	}
}

// TestItemsTooLargeAreNotCorrupt holds that they are not emptied and saved.
func TestItemsTooLargeAreNotCorrupt(t *testing.T) {
	items := []byte(`{"a":"` + strings.Repeat("b", rawjson.MaxSize) + `"}`)
	for _, compress := range []bool{false, true} {
		data := signing.New(salt, secrettest.Keys(siteKey)).Dumps(items, compress)
		_, err := noerror.In(django.Signed(secrettest.Keys(siteKey))).Decode(data)
		if !errors.Is(err, session.ErrTooLarge) || errors.Is(err, session.ErrCorrupt) {
			t.Errorf("compress %v: got %v", compress, err)
		}
	}
}

func TestSignedRefusesEmptySecrets(t *testing.T) {
	if codec, err := django.Signed(secret.Keys{}); codec != nil || err == nil {
		t.Errorf("no keys: %v, %v", codec, err)
	}
	if signer, err := django.NewCookieSigner(secret.Keys{}, nil); signer != nil || err == nil {
		t.Errorf("no keys: %v, %v", signer, err)
	}
}

func TestSignedErrorsShowNothing(t *testing.T) {
	for _, data := range []string{
		"a-private-value", "a-private-value:AAAA", signing.New(salt, secrettest.Keys(siteKey)).SignTime("a-private-value&"),
	} {
		_, err := noerror.In(django.Signed(secrettest.Keys(siteKey))).Decode([]byte(data))
		if err == nil || strings.Contains(err.Error(), "private") || strings.Contains(err.Error(), siteKey) {
			t.Errorf("%s: got %v", data, err)
		}
	}
}

// TestSignedWithSalt reads and writes what Django 3.2 has signed for a class CrewStore.
func TestSignedWithSalt(t *testing.T) {
	const key = "mkWzQ2v7TzfVnRr4pXoB9sEu1LhYjCd3GqA6tNwKiZ5xPyUf0e"
	const data, items = "eyJfYXV0aF91c2VyX2lkIjoiMTcifQ:1xXnx6:DzZuUowGAPZmLPnNcQZRsiuGPJCwaa6LAkrHynnVChw", `{"_auth_user_id":"17"}`
	codec := noerror.In(django.SignedWithSalt(secrettest.Keys(key), "django.contrib.sessions.CrewStore"))
	got, err := codec.Decode([]byte(data))
	if err != nil || string(got) != items {
		t.Errorf("got %s, %v", got, err)
	}
	signer := signing.New("django.contrib.sessions.CrewStore", secrettest.Keys(key))
	_, when, err := signer.LoadsAt([]byte(data), 100)
	if err != nil {
		t.Fatal(err)
	}
	at(t, float64(when.Unix()), func(t *testing.T) {
		if got := encode(t, codec, items); got != data {
			t.Errorf("encoded: %s, want %s", got, data)
		}
	})
	if _, err := noerror.In(django.Signed(secrettest.Keys(key))).Decode([]byte(data)); !errors.Is(err, session.ErrCorrupt) {
		t.Errorf("Signed takes what was signed for another class: %v", err)
	}
	if _, err := django.SignedWithSalt(secrettest.Keys(key), ""); err == nil {
		t.Error("an empty salt: no error")
	}
}
