package signing_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/zlib"

	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/internal/signing"
	"github.com/jamsession/jamsession/secret"
)

// keys are what only the test knows.
var keys = secrettest.Keys("a secret that only the test knows, of a good length")

func TestEveryChangedByteIsABadSignature(t *testing.T) {
	s := signing.New("salt", keys)
	for _, signed := range []string{
		s.Sign("hello"),
		s.SignTime("hello"),
		string(s.Dumps([]byte("hello"), false)),
	} {
		for i := range len(signed) {
			for bit := range 8 {
				forged := []byte(signed)
				forged[i] ^= 1 << bit
				if _, err := s.Unsign(string(forged)); !errors.Is(err, signing.ErrBadSignature) {
					t.Errorf("%q for %q: %v", forged, signed, err)
				}
			}
			if _, err := s.Unsign(signed[:i]); !errors.Is(err, signing.ErrBadSignature) {
				t.Errorf("%q for %q: %v", signed[:i], signed, err)
			}
		}
	}
}

// TestSaltedHMACSignsEveryByte: Django's samples are shorter than a hash or a
// name can be.
func TestSaltedHMACSignsEveryByte(t *testing.T) {
	value := bytes.Repeat([]byte("value "), 20)
	sum := signing.SaltedHMAC("salt", keys.Current(), value)
	for i := range value {
		changed := bytes.Clone(value)
		changed[i] ^= 1
		if bytes.Equal(signing.SaltedHMAC("salt", keys.Current(), changed), sum) {
			t.Errorf("byte %d does not count", i)
		}
	}
}

func TestSaltSeparatesPurposes(t *testing.T) {
	signed := signing.New("cookies", keys).Sign("value")
	_, err := signing.New("messages", keys).Unsign(signed)
	if !errors.Is(err, signing.ErrBadSignature) {
		t.Errorf("got %v for another purpose", err)
	}
}

func TestFallbacksVerifyAndNeverSign(t *testing.T) {
	before := signing.New("salt", secrettest.Keys("old secret"))
	after := signing.New("salt", secrettest.Keys("new secret", "older secret", "old secret"))
	value, err := after.Unsign(before.Sign("value"))
	if err != nil || value != "value" {
		t.Errorf("old signature: %q, %v", value, err)
	}
	newOnly := signing.New("salt", secrettest.Keys("new secret"))
	if _, err := newOnly.Unsign(after.Sign("value")); err != nil {
		t.Errorf("new signature: %v", err)
	}
}

func TestNewPanicsForEmptyKeys(t *testing.T) {
	for want, f := range map[string]func(){
		"the salt is empty": func() { signing.New("", keys) },
		"no keys":           func() { signing.New("salt", secret.Keys{}) },
		"a key is empty":    func() { signing.NewOfOne("salt", secret.Text{}) },
	} {
		t.Run(want, func(t *testing.T) {
			defer func() {
				if text := fmt.Sprint(recover()); !strings.Contains(text, want) {
					t.Errorf("got %s", text)
				}
			}()
			f()
		})
	}
}

func TestValuesMayHoldTheSeparator(t *testing.T) {
	s := signing.New("salt", keys)
	for _, value := range []string{"", ":", "a:b:c", "::"} {
		if got, err := s.Unsign(s.Sign(value)); err != nil || got != value {
			t.Errorf("%q: got %q, %v", value, got, err)
		}
		got, err := s.UnsignTime(s.SignTime(value), signing.NoMaxAge)
		if err != nil || got != value {
			t.Errorf("%q with a time: got %q, %v", value, got, err)
		}
	}
}

func TestTimesInTheFutureAreValid(t *testing.T) {
	s := signing.New("salt", keys)
	var signed string
	synctest.Test(t, func(*testing.T) {
		time.Sleep(time.Hour)
		signed = s.SignTime("value")
	})
	synctest.Test(t, func(t *testing.T) { // at an hour before
		if _, err := s.UnsignTime(signed, 0); err != nil {
			t.Error(err)
		}
	})
}

func TestSignaturesExpireWhenOlderThanMaxAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := signing.New("salt", keys)
		signed := s.SignTime("value")
		time.Sleep(10 * time.Second)
		if _, err := s.UnsignTime(signed, 10*time.Second); err != nil {
			t.Errorf("at its maximal age: %v", err)
		}
		time.Sleep(time.Nanosecond)
		_, err := s.UnsignTime(signed, 10*time.Second)
		if !errors.Is(err, signing.ErrExpired) || errors.Is(err, signing.ErrBadSignature) {
			t.Errorf("one nanosecond later: %v", err)
		}
	})
}

func TestNoMaxAgeNeverExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := signing.New("salt", keys)
		signed := s.SignTime("value")
		time.Sleep(250 * 365 * 24 * time.Hour)
		if _, err := s.UnsignTime(signed, signing.NoMaxAge); err != nil {
			t.Error(err)
		}
	})
}

func TestMalformedIsNotABadSignature(t *testing.T) {
	s := signing.New("salt", keys)
	for name, signed := range map[string]string{
		"no time":         s.Sign("value"),
		"no base 62":      s.Sign("value:!"),
		"empty time":      s.Sign("value:"),
		"only a minus":    s.Sign("value:-"),
		"beyond 64 bits":  s.Sign("value:zzzzzzzzzzzz"),
		"no base64":       s.SignTime("a&b"),
		"short base64":    s.SignTime("A"),
		"no zlib":         s.SignTime(".AAAA"),
		"nothing":         s.SignTime("."),
		"truncated zlib":  s.SignTime(".eJyrVkpUsjKsBQ"),
		"wrong check sum": s.SignTime(".eJyrVkpUsjKsBQAIKgIK"),
		"other alphabet":  s.SignTime("ab+/"),
	} {
		payload, err := s.Loads([]byte(signed), signing.NoMaxAge, 1000)
		if !errors.Is(err, signing.ErrMalformed) || errors.Is(err, signing.ErrBadSignature) {
			t.Errorf("%s: got %q, %v", name, payload, err)
		}
	}
}

func TestErrorsShowNoSecrets(t *testing.T) {
	s := signing.New("salt", keys)
	value := "a-very-private-value"
	for _, signed := range []string{
		value, value + ":AAAA", s.Sign(value), s.Sign(value + ":?"), s.SignTime(value + "&"),
		s.SignTime("." + value), s.SignTime(value),
	} {
		_, err := s.Loads([]byte(signed), -time.Hour, 1)
		if _, loadErr := s.Loads([]byte(signed), signing.NoMaxAge, 1); err == nil {
			err = loadErr
		}
		if err == nil {
			t.Errorf("no error for %s", signed)
			continue
		}
		signature := signed[strings.LastIndexByte(signed, ':')+1:]
		for _, private := range []string{value, keys.Current().Reveal(), signature} {
			if strings.Contains(err.Error(), private) {
				t.Errorf("the error %q shows %q", err, private)
			}
		}
	}
}

func TestLoadsReturnsWhatDumpsWasGiven(t *testing.T) {
	s := signing.New("salt", keys)
	for _, size := range []int{0, 1, 2, 100, 32 << 10, 32<<10 + 1, 288 << 10, 1 << 20} {
		payload := []byte(strings.Repeat("0123456789 ", size/11+1)[:size])
		for _, compress := range []bool{false, true} {
			loaded, err := s.Loads(s.Dumps(payload, compress), signing.NoMaxAge, size)
			if err != nil || !bytes.Equal(loaded, payload) {
				t.Errorf("%d bytes, compress %v: got %d bytes, %v", size, compress, len(loaded), err)
			}
			if size == 0 {
				continue
			}
			_, err = s.Loads(s.Dumps(payload, compress), signing.NoMaxAge, size-1)
			if !errors.Is(err, signing.ErrTooLarge) {
				t.Errorf("%d bytes, compress %v, at most one less: %v", size, compress, err)
			}
		}
	}
}

// bomb returns the base64 text of zlib data that hold size zeros.
func bomb(t *testing.T, size int) string {
	t.Helper()
	var out bytes.Buffer
	w, err := zlib.NewWriterLevel(&out, 9)
	if err != nil {
		t.Fatal(err)
	}
	for zeros := make([]byte, 1<<20); size > 0; size -= len(zeros) {
		if _, err := w.Write(zeros[:min(size, len(zeros))]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return encode(out.Bytes())
}

func encode(data []byte) string {
	body, _, _ := strings.Cut(string(signing.New("s", secrettest.Keys("k")).Dumps(data, false)), ":")
	return body
}

// allocated returns how many bytes f takes, of which some are free again.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestLoadsStopsToInflateAtMaxSize(t *testing.T) {
	s := signing.New("salt", keys)
	small, large := s.SignTime("."+bomb(t, 4<<20)), s.SignTime("."+bomb(t, 64<<20))
	if len(small) > 8<<10 {
		t.Fatalf("the small bomb has %d bytes", len(small))
	}
	for _, test := range []struct {
		signed          string
		maxSize, budget int
	}{
		{small, 64 << 10, 1 << 20},
		{large, 64 << 10, 1 << 20},
		{large, 16 << 20, 16<<20 + 1<<20}, // the limit, two parts, and the base64 text
	} {
		var err error
		got := allocated(func() {
			_, err = s.Loads([]byte(test.signed), signing.NoMaxAge, test.maxSize)
		})
		if err == nil || got > uint64(test.budget) {
			t.Errorf("%d bytes, at most %d: allocated %d, error %v",
				len(test.signed), test.maxSize, got, err)
		}
	}
}

func TestNothingIsInflatedBeforeTheSignatureIsRight(t *testing.T) {
	s := signing.New("salt", keys)
	signed := []byte(signing.New("salt", secrettest.Keys("another secret")).SignTime("." + bomb(t, 4<<20)))
	var err error
	got := allocated(func() { _, err = s.Loads(signed, signing.NoMaxAge, math.MaxInt) })
	if !errors.Is(err, signing.ErrBadSignature) || got > 4<<10 {
		t.Errorf("allocated %d bytes, error %v", got, err)
	}
}

func TestUnverifiedPayloadAsksForNoKey(t *testing.T) {
	payload := strings.Repeat("payload ", 20)
	for _, compress := range []bool{false, true} {
		signed := signing.New("salt", keys).Dumps([]byte(payload), compress)
		signed[len(signed)-1] ^= 1
		got, err := signing.UnverifiedPayload(signed, len(payload))
		if err != nil || string(got) != payload {
			t.Errorf("compress %v: got %q, %v", compress, got, err)
		}
		_, err = signing.UnverifiedPayload(signed, len(payload)-1)
		if !errors.Is(err, signing.ErrTooLarge) {
			t.Errorf("compress %v, at most one less: %v", compress, err)
		}
	}
	for _, signed := range []string{"", "e30", "e30:1r31eq", ":", "e:1r31eq:A", ".e30:1r31eq:A"} {
		_, err := signing.UnverifiedPayload([]byte(signed), 1000)
		if !errors.Is(err, signing.ErrMalformed) {
			t.Errorf("%q: got %v", signed, err)
		}
	}
}

func TestDumpsLeavesThePayloadAlone(t *testing.T) {
	s := signing.New("salt", keys)
	backing := []byte(strings.Repeat("x", 200))
	s.Dumps(backing[:100], true)
	s.Dumps(backing[:100], false)
	dumped := s.Dumps(backing[:100], true)
	before := string(dumped)
	if _, err := s.Loads(dumped, signing.NoMaxAge, 1000); err != nil {
		t.Fatal(err)
	}
	if string(backing) != strings.Repeat("x", 200) || string(dumped) != before {
		t.Error("the caller's bytes were written to")
	}
}

func TestLoadedPayloadsAreTheCallers(t *testing.T) {
	s := signing.New("salt", keys)
	first := strings.Repeat("first ", 100)
	loaded, err := s.Loads(s.Dumps([]byte(first), true), signing.NoMaxAge, 1000)
	if err != nil {
		t.Fatal(err)
	}
	second := s.Dumps([]byte(strings.Repeat("second", 100)), true)
	for range 10 {
		if _, err := s.Loads(second, signing.NoMaxAge, 1000); err != nil {
			t.Fatal(err)
		}
	}
	if string(loaded) != first {
		t.Errorf("became %q", loaded)
	}
}

func TestASignerIsSafeForConcurrentUse(t *testing.T) {
	s := signing.New("salt", secrettest.Keys("new", "old"))
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for i := range 200 {
				payload := strings.Repeat(fmt.Sprintf("%d %d ", g, i), 20)
				loaded, err := s.Loads(s.Dumps([]byte(payload), i%2 == 0), time.Hour, 1000)
				if err != nil || string(loaded) != payload {
					t.Errorf("got %q, %v", loaded, err)
				}
			}
		})
	}
	group.Wait()
}

func BenchmarkLoads(b *testing.B) {
	s := signing.New("salt", keys)
	plain := s.Dumps(bytes.Repeat([]byte("x"), 100), false)
	small := s.Dumps(bytes.Repeat([]byte("xyz"), 100), true)
	large := s.Dumps(bytes.Repeat([]byte("0123456789 abc "), 64<<10/15), true)
	for name, signed := range map[string][]byte{
		"plain100": plain, "zlib300": small, "zlib64K": large,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Loads(signed, signing.NoMaxAge, 1<<20); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDumps(b *testing.B) {
	s := signing.New("salt", keys)
	payload := bytes.Repeat([]byte("0123456789"), 10)
	for _, compress := range []bool{false, true} {
		b.Run(fmt.Sprint("compress=", compress), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Dumps(payload, compress)
			}
		})
	}
}
