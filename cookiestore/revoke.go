package cookiestore

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/session"
)

// identityItem is the item that the cookies of one session share.
const identityItem = "_session_id"

// withIdentity returns items with the identity of old, or with a new one if
// there is no old one or it must be another.
func withIdentity(items []byte, old session.Record, fresh bool) []byte {
	object, err := rawjson.Parse(items)
	if err != nil {
		return items // items that cannot be decoded have no identity
	}
	id := itemIdentity(old.Data)
	if fresh || id == "" {
		id = strings.ToLower(rand.Text())
	}
	raw, err := rawjson.AppendValue(nil, id)
	if err != nil {
		return items
	}
	object.Set(identityItem, raw)
	return object.AppendTo(nil)
}

// identity returns the name of a session on the list. A cookie that was made
// without a list, or by Django, has no identity; its name is a hash of the
// cookie.
func identity(rec session.Record) string {
	if id := itemIdentity(rec.Data); id != "" {
		return id
	}
	sum := sha256.Sum256([]byte(rec.Key))
	return hex.EncodeToString(sum[:16])
}

func itemIdentity(items []byte) (id string) {
	object, err := rawjson.Parse(items)
	if err != nil {
		return ""
	}
	raw, ok := object.Get(identityItem)
	if !ok || rawjson.DecodeValue(raw, &id) != nil || !isIdentity(id) {
		return ""
	}
	return id
}

// isIdentity reports whether id has the form of an identity, so that it may be
// the key of a record.
func isIdentity(id string) bool {
	return len(id) == 26 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// A denyList lists the sessions that ended before their cookies expired.
type denyList struct {
	store session.Store // nil for no list
	life  time.Duration // of an entry, longer than that of any cookie
}

// check returns ErrNotFound if the session is on the list.
func (l denyList) check(ctx context.Context, rec session.Record) error {
	if l.store == nil {
		return nil
	}
	_, err := l.store.Load(ctx, identity(rec))
	switch {
	case err == nil:
		return session.ErrNotFound
	case errors.Is(err, session.ErrNotFound):
		return nil
	default:
		return fmt.Errorf("cookiestore: check the list: %w", err)
	}
}

// add puts the session on the list, or returns ErrNotFound if it was there: of
// a concurrent logout and login only one can end the session.
func (l denyList) add(ctx context.Context, rec session.Record) error {
	entry := session.Record{
		Key:    identity(rec),
		Data:   []byte("{}"),
		Expiry: time.Now().Add(l.life).Truncate(time.Microsecond),
	}
	err := l.store.Create(ctx, entry)
	switch {
	case errors.Is(err, session.ErrExists):
		return session.ErrNotFound
	case err != nil:
		return fmt.Errorf("cookiestore: add to the list: %w", err)
	}
	return nil
}
