package cookiestore_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/cookiestore"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/signing"
	"github.com/jamsession/jamsession/session"
)

const salt = "django.contrib.sessions.backends.signed_cookies"

// isSigned is a second reading of whether a cookie has our signature. A target
// may not ask whether it is the one cookie that it has signed itself: it runs
// in several processes at once, and each has signed another one.
func isSigned(cookie string) bool {
	i := strings.LastIndexByte(cookie, ':')
	if i < 0 {
		return false
	}
	key := sha256.Sum256([]byte(salt + "signer" + siteKey))
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(cookie[:i]))
	return cookie[i+1:] == base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// FuzzLoad holds that no cookie is believed that was not signed.
func FuzzLoad(f *testing.F) {
	store := withList()
	rec, err := store.Seal(session.Record{}, session.Record{
		Data: []byte(`{"a":1}`), Expiry: time.Now().Add(time.Hour),
	}, false)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(rec.Key)
	f.Add("eyJhIjoxfQ:1r31eq:iedtX-X8yYZFlinqCfRuLXbKouhDjK50WQJ4y1fWf1w")
	f.Add("::")
	f.Fuzz(func(t *testing.T, cookie string) {
		store.Issued(cookie)
		_, err := store.Load(context.Background(), cookie)
		if err != nil && !errors.Is(err, session.ErrNotFound) {
			t.Errorf("error %v", err)
		}
		if err == nil && !isSigned(cookie) {
			t.Error("a cookie is believed that nobody signed")
		}
	})
}

// FuzzSigned holds that a cookie with our signature is the items that were
// signed, for as long as it may live and no longer, whatever they are and say.
func FuzzSigned(f *testing.F) {
	const maxAge = time.Hour
	f.Add([]byte(`{"a":1}`), int64(0), true)
	f.Add([]byte(`{"_session_expiry":60}`), int64(-100), false)
	f.Add([]byte(`{"_session_expiry":"2030-01-01T00:00:00+00:00"}`), int64(-3599), false)
	f.Add([]byte(`no JSON`), int64(1), true)
	signer := signing.New(salt, keys)
	store := noerror.In(cookiestore.New(keys, &cookiestore.Options{MaxAge: maxAge}))
	f.Fuzz(func(t *testing.T, items []byte, age int64, compress bool) {
		at := time.Now().Add(time.Duration(age%100_000) * time.Second)
		rec, err := store.Load(context.Background(), string(signer.DumpsAt(items, compress, at)))
		switch {
		case errors.Is(err, session.ErrNotFound):
		case err != nil:
			t.Errorf("error %v", err)
		case string(rec.Data) != string(items):
			t.Errorf("%q became %q", items, rec.Data)
		case rec.Expiry.After(at.Add(maxAge)):
			t.Errorf("signed at %v, it lives until %v", at, rec.Expiry)
		}
	})
}
