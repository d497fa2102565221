package django

import (
	"errors"
	"fmt"

	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/internal/signing"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

// Signed returns the codec of Django's session engines db, cached_db and
// file: signed, and from 512 bytes on compressed where that makes it shorter.
// The keys are Django's SECRET_KEY and SECRET_KEY_FALLBACKS. The error says
// that there are none.
//
// The time in a record is when it was written; it is not used for the expiry.
//
// Decode returns an error that wraps [session.ErrCorrupt] for data that was not signed
// with one of the keys, and for data that is signed but cannot be read. Items of more
// than 16 MiB may be valid, and must not be lost: for these it returns an error that
// wraps [session.ErrTooLarge].
func Signed(keys secret.Keys) (session.Codec, error) {
	return SignedWithSalt(keys, signing.SessionSalt)
}

// SignedWithSalt is [Signed] for a Django site with a session engine of its own. The salt
// is the key_salt of its class, which is "django.contrib.sessions." and the name of the
// class unless the class says otherwise: one that is not called SessionStore has a salt
// that Signed does not have. Use no salt with which the site signs anything else, or that
// would be taken for a session. The error also says that the salt is empty.
func SignedWithSalt(keys secret.Keys, salt string) (session.Codec, error) {
	switch {
	case keys.IsZero():
		return nil, errors.New("django: Signed: no keys; make them with secret.NewKeys")
	case salt == "":
		return nil, errors.New("django: Signed: the salt is empty")
	}
	return signed{signing.New(salt, keys)}, nil
}

type signed struct{ signer *signing.Signer }

func (c signed) Encode(items []byte) ([]byte, error) {
	return c.signer.Dumps(items, len(items) >= signing.WorthCompressing), nil
}

// MakesText implements [session.Codec]: base64 and colons.
func (signed) MakesText() bool { return true }

func (c signed) Decode(data []byte) ([]byte, error) {
	items, err := c.signer.Loads(data, signing.NoMaxAge, rawjson.MaxSize)
	if errors.Is(err, signing.ErrTooLarge) {
		return nil, fmt.Errorf("%w: %w", session.ErrTooLarge, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", session.ErrCorrupt, err)
	}
	return items, nil
}

// Pickle returns what Django's engine cached_db keeps in the cache for data, as
// it is in the database: the pickled dict of its items.
func (c signed) Pickle(data []byte) ([]byte, error) {
	items, err := c.Decode(data)
	if err != nil {
		return nil, err
	}
	return encode(nil, items)
}
