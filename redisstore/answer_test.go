package redisstore

import (
	"errors"
	"testing"

	"github.com/jamsession/jamsession/session"
)

// TestUnknownAnswerIsAnError: an answer that the scripts never give is an error, but not
// one about a record.
func TestUnknownAnswerIsAnError(t *testing.T) {
	for _, answer := range []int64{-1, 4, 1 << 40} {
		err := told("save", answer)
		if err == nil || errors.Is(err, session.ErrNotFound) || errors.Is(err, session.ErrConflict) ||
			errors.Is(err, session.ErrExists) {
			t.Errorf("answer %d: %v", answer, err)
		}
	}
	if err := told("save", 0); err != nil {
		t.Errorf("answer 0: %v", err)
	}
}
