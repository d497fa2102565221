package django

import (
	"errors"
	"fmt"

	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/internal/signing"
	"github.com/jamsession/jamsession/session"
)

// storeSalt names the purpose of the signature in the engines db, cached_db
// and file: the name of a package and of a class.
const storeSalt = "django.contrib.sessions.SessionStore"

// Signed returns the codec of Django's session engines db, cached_db and
// file: signed, and compressed where that makes it shorter. The secret is
// Django's SECRET_KEY, the fallbacks are its SECRET_KEY_FALLBACKS: secrets of
// before that still count, and that nothing is signed with. Signed panics if
// one of them is empty.
//
// The time in a record is when it was written; it does not expire by it.
//
// Decode returns an error that wraps [session.ErrCorrupt] for what was not
// signed with one of the secrets, and for what is signed but cannot be read.
// For items larger than 16 MiB it returns another error, as Encode does: they
// may be sound, and must not be lost.
func Signed(secret string, fallbacks ...string) session.Codec {
	return signed{signing.New(storeSalt, secret, fallbacks...)}
}

type signed struct{ signer *signing.Signer }

func (c signed) Encode(items []byte) ([]byte, error) {
	if len(items) > rawjson.MaxSize {
		return nil, fmt.Errorf("django: %w", signing.ErrTooLarge) // to be read again
	}
	return c.signer.Dumps(items, true), nil
}

func (c signed) Decode(data []byte) ([]byte, error) {
	items, err := c.signer.Loads(data, signing.NoMaxAge, rawjson.MaxSize)
	if errors.Is(err, signing.ErrTooLarge) {
		return nil, fmt.Errorf("django: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", session.ErrCorrupt, err)
	}
	return items, nil
}
