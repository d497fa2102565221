package signing_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/signing"
)

func TestDumpsAt(t *testing.T) {
	s := signing.New("salt", keys)
	at := time.Date(2001, 2, 3, 4, 5, 6, 789, time.UTC)
	signed := s.DumpsAt([]byte("payload"), false, at)
	got, when, err := s.LoadsAt(signed, 100)
	if string(got) != "payload" || !when.Equal(at.Truncate(time.Second)) || err != nil {
		t.Errorf("LoadsAt: %q, %v, %v", got, when, err)
	}
	if _, err := s.Loads(signed, time.Hour, 100); !errors.Is(err, signing.ErrExpired) {
		t.Errorf("Loads: error %v, want ErrExpired", err)
	}
	if _, _, err := s.LoadsAt(append(signed, 'x'), 100); !errors.Is(err, signing.ErrBadSignature) {
		t.Errorf("LoadsAt of a forgery: error %v, want ErrBadSignature", err)
	}
	if _, _, err := s.LoadsAt([]byte(s.Sign("no-time")), 100); !errors.Is(err, signing.ErrMalformed) {
		t.Errorf("LoadsAt without a time: error %v, want ErrMalformed", err)
	}
}
