package messages

import (
	crypto "crypto/rand"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/internal/signing"
	"github.com/jamsession/jamsession/internal/vectors"
)

// vectorMessages reads [[level, text, tags, safe], ...]. Missing tags are
// written as Django up to 3.2 writes empty ones.
func vectorMessages(t *testing.T, raw [][]json.RawMessage) (list []Message, bare bool) {
	t.Helper()
	for _, fields := range raw {
		var m Message
		var tags *string
		for i, field := range []any{&m.Level, &m.Text, &tags, &m.Safe} {
			if err := json.Unmarshal(fields[i], field); err != nil {
				t.Fatal(err)
			}
		}
		if tags == nil {
			bare = true
		} else {
			m.ExtraTags = *tags
		}
		list = append(list, m)
	}
	return list, bare
}

func TestVectorsMessages(t *testing.T) {
	vectors.Run(t, "messages", func(t *testing.T, c vectors.Case) {
		var in struct {
			Secret   string `json:"secret_key"`
			Time     float64
			Messages [][]json.RawMessage
		}
		var want struct {
			Cookie     string `json:"cookie_value"`
			Compressed bool   `json:"cookie_is_compressed"`
			Session    string `json:"session__messages"`
		}
		c.Decode(t, &in, &want)
		list, bare := vectorMessages(t, in.Messages)
		cookie, sess := inCookie, inSession
		cookie.bare = bare || c.Version == "3.2"
		sess.bare = cookie.bare
		if got := string(sess.encode(list, false)); got != want.Session {
			t.Errorf("in the session: %s, want %s", got, want.Session)
		}
		m, err := New(secrettest.Keys(in.Secret), nil)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Until(time.Unix(int64(in.Time), 0)))
			got := string(m.signer.Dumps(cookie.encode(list, false), true))
			if want.Compressed == (got[0] != '.') || !want.Compressed && got != want.Cookie {
				t.Errorf("in the cookie: %s, want %s", got, want.Cookie)
			}
		})
		text, err := m.signer.Loads([]byte(want.Cookie), signing.NoMaxAge, maxSize)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range [][]byte{text, []byte(want.Session)} {
			if got, unfinished, err := decode(text); err != nil || unfinished || !reflect.DeepEqual(got, list) {
				t.Errorf("read %v, %v, %v; want %v", got, unfinished, err, list)
			}
		}
	})
}

// TestCookieHasAsManyAsDjangos, which drops one after the other until they fit.
func TestCookieHasAsManyAsDjangos(t *testing.T) {
	m, err := New(secrettest.Keys("a secret"), nil)
	if err != nil {
		t.Fatal(err)
	}
	x := &exchange{m: m}
	random := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		var list []notice
		for range 1 + random.IntN(25) {
			text := make([]byte, 1+random.IntN(300))
			for i := range text {
				text[i] = byte(' ' + random.IntN(64))
			}
			list = append(list, newNotice(Message{Level: LevelInfo, Text: string(text)}))
		}
		for _, dropOldest := range []bool{false, true} {
			kept := list
			for n := len(m.signer.Dumps(inCookie.encode(texts(kept), false), true)); n > maxCookie; {
				if dropOldest {
					kept = kept[1:]
				} else {
					kept = kept[:len(kept)-1]
				}
				n = len(m.signer.Dumps(inCookie.encode(texts(kept), true), true))
			}
			value, rest := x.fit(list, dropOldest)
			text, err := m.signer.Loads(value, signing.NoMaxAge, maxSize)
			got, more, decodeErr := decode(text)
			if err != nil || decodeErr != nil || !reflect.DeepEqual(got, texts(kept)) ||
				len(got)+len(rest) != len(list) || more != (len(rest) > 0) {
				t.Fatalf("of %d, %d are kept and %d are not; Django keeps %d", len(list), len(got), len(rest), len(kept))
			}
		}
	}
}

// TestFewLengthsAreTried: what waits is not signed anew for each message that
// does not fit into the cookie.
func TestFewLengthsAreTried(t *testing.T) {
	m, err := New(secrettest.Keys("a secret"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var list []notice
	for range maxWaiting {
		list = append(list, newNotice(Message{Level: LevelInfo, Text: strings.Repeat(crypto.Text(), 40)}))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	(&exchange{m: m}).fit(list, false)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 16<<20 {
		t.Errorf("%d bytes are written for one of 2 KiB", n)
	}
}

func TestDecodeSkipsWhatItDoesNotKnow(t *testing.T) {
	for text, want := range map[string]int{
		`[]`:           0,
		`[1, "x", {}]`: 0,
		`[["__json_message",0,20,"a"],["__other",0,20,"b"],["__json_message",0,"x","c"]]`:                 1,
		`[["__json_message",true,20,"a",null],["__json_message",0,20,"b","t"],"__messagesnotfinished__"]`: 2,
		`[["__json_message",0,20,"a","b","c"],["__json_message",0,20]]`:                                   0,
	} {
		if list, _, err := decode([]byte(text)); err != nil || len(list) != want {
			t.Errorf("%s: %v, %v; want %d", text, list, err, want)
		}
	}
	for _, text := range []string{"", "{}", `"x"`, "[", "null x"} {
		if list, _, err := decode([]byte(text)); err == nil {
			t.Errorf("%s: %v, want an error", text, list)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`[["__json_message",0,20,"hello",""],"__messagesnotfinished__"]`))
	f.Add([]byte(`[["__json_message", 1, 25, "\ud83d\ude00", "a b"]]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, unfinished, err := decode(text)
		if err != nil {
			return
		}
		for _, form := range []form{inCookie, inSession} {
			again, more, err := decode(form.encode(list, unfinished))
			if err != nil || more != unfinished || len(again) != len(list) {
				t.Fatalf("%q is %v, and then %v, %v, %v", text, list, again, more, err)
			}
			for i := range again {
				if again[i] != list[i] {
					t.Fatalf("%v became %v", list[i], again[i])
				}
			}
		}
	})
}
