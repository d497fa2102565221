package django_test

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/internal/vectors"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// at runs f at a time, in whole seconds, of which Django was asked.
func at(t *testing.T, unix float64, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Unix(int64(unix), 0)))
		f(t)
	})
}

func TestVectorsSessionEncode(t *testing.T) {
	vectors.Run(t, "session_encode", func(t *testing.T, c vectors.Case) {
		var in struct {
			Secret string  `json:"secret_key"`
			Time   float64 `json:"time"`
			Items  string  `json:"session_json"`
		}
		var want struct {
			Encoded  string
			Portable bool   `json:"encode_bytes_are_portable"`
			Decoded  string `json:"decoded_json"`
		}
		c.Decode(t, &in, &want)
		at(t, in.Time, func(t *testing.T) {
			codec := noerror.In(django.Signed(secrettest.Keys(in.Secret)))
			encoded, err := codec.Encode([]byte(in.Items))
			if err != nil {
				t.Fatal(err)
			}
			if want.Portable && string(encoded) != want.Encoded {
				t.Errorf("encoded: got %s, want %s", encoded, want.Encoded)
			}
			for _, data := range []string{string(encoded), want.Encoded} {
				items, err := codec.Decode([]byte(data))
				if err != nil || string(items) != want.Decoded {
					t.Errorf("decoded: got %s, %v, want %s", items, err, want.Decoded)
				}
			}
		})
	})
}

// decodeDiffers are the cases in which a session here has other items than in
// Django, and these items.
var decodeDiffers = map[string]string{
	// Django 3.2 had no SECRET_KEY_FALLBACKS yet.
	"3.2/signed_with_old_key_with_fallback": `{"a":1}`,
	// The format of Django 3.0 and before is not read, as since 4.0.
	"3.2/legacy_pre_3_1": `{}`,
	// A list is not a session; Django fails when it is used.
	"3.2/list_root_is_returned_as_is": `{}`,
	"5.2/list_root_is_returned_as_is": `{}`,
}

func TestVectorsSessionDecode(t *testing.T) {
	vectors.Run(t, "session_decode", func(t *testing.T, c vectors.Case) {
		var in struct {
			Secret    string   `json:"secret_key"`
			Fallbacks []string `json:"secret_key_fallbacks"`
			Encoded   string
		}
		var want struct {
			Items string `json:"decoded_json"`
		}
		c.Decode(t, &in, &want)
		got := load(t, noerror.In(django.Signed(secrettest.Keys(in.Secret, in.Fallbacks...))), in.Encoded)
		if differs, ok := decodeDiffers[c.Version+"/"+c.Name]; ok {
			if got == want.Items {
				t.Error("no longer differs, but is listed")
			}
			want.Items = differs
		}
		if got != want.Items {
			t.Errorf("got %s, want %s", got, want.Items)
		}
	})
}

// TestVectorsSessionEncodeLegacy holds that the format of Django 3.0 and
// before is neither read nor taken for a failure of the store.
func TestVectorsSessionEncodeLegacy(t *testing.T) {
	vectors.Run(t, "session_encode_legacy", func(t *testing.T, c vectors.Case) {
		var in struct {
			Secret string `json:"secret_key"`
		}
		var want struct{ Encoded string }
		c.Decode(t, &in, &want)
		items, err := noerror.In(django.Signed(secrettest.Keys(in.Secret))).Decode([]byte(want.Encoded))
		if !errors.Is(err, session.ErrCorrupt) {
			t.Errorf("got %s, %v", items, err)
		}
	})
}

// load returns the items of a session whose record holds data.
func load(t *testing.T, codec session.Codec, data string) string {
	t.Helper()
	const key = "0123456789abcdefghijklmnopqrstuv"
	store := memstore.New()
	err := store.Create(t.Context(), session.Record{
		Key: key, Data: []byte(data), Expiry: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	manager := noerror.In(session.New(store, &session.Options{
		Codec:  codec,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}))
	s, err := manager.ByKey(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	items := map[string]json.RawMessage{}
	for name, text := range s.All() {
		items[name] = text
	}
	text, err := json.Marshal(items)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
