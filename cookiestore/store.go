package cookiestore

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jamsession/jamsession/internal/expiry"
	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/internal/signing"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

// salt is the name of Django's module.
const salt = "django.contrib.sessions.backends.signed_cookies"

// A store makes and reads signed cookies.
type store struct {
	opts   Options
	signer *signing.Signer
	list   denyList
}

// New returns a store that signs with Django's SECRET_KEY, and accepts signatures
// with SECRET_KEY_FALLBACKS. Its records contain the items without encoding:
// session.Options needs no codec. The options may be nil. The error says that
// there are no keys, or names the field that is wrong.
func New(keys secret.Keys, o *Options) (session.Store, error) {
	if keys.IsZero() {
		return nil, errors.New("cookiestore: New: no keys; make them with secret.NewKeys")
	}
	opts := o.withDefaults()
	if err := timelimit.AtLeastSecond("cookiestore: Options.MaxAge", opts.MaxAge); err != nil {
		return nil, err
	}
	if _, seals := opts.Revoked.(interface{ Issued(key string) bool }); seals {
		return nil, errors.New("cookiestore: Options.Revoked makes its keys itself, so it cannot keep a list")
	}
	return &store{
		opts:   opts,
		signer: signing.New(salt, keys),
		list:   denyList{opts.Revoked, opts.MaxAge + time.Hour},
	}, nil
}

// Close implements [session.Store]. The list stays the caller's.
func (s *store) Close() error { return nil }

// Issued implements [session.Store]: a signed text has two colons, and no more
// bytes than a cookie.
func (s *store) Issued(key string) bool {
	return len(key) <= 4096 && strings.Count(key, ":") >= 2
}

// Load implements [session.Store]. Its error is [session.ErrNotFound] for a
// cookie that was not signed here, has expired or was revoked.
func (s *store) Load(ctx context.Context, key string) (session.Record, error) {
	if err := ctx.Err(); err != nil {
		return session.Record{}, err
	}
	rec, err := s.open(key)
	if err != nil {
		return session.Record{}, err
	}
	if err := s.list.check(ctx, rec); err != nil {
		return session.Record{}, err
	}
	return rec, nil
}

// open returns the record in a cookie.
func (s *store) open(key string) (session.Record, error) {
	items, at, err := s.signer.LoadsAt([]byte(key), rawjson.MaxSize)
	if err != nil {
		return session.Record{}, session.ErrNotFound
	}
	expiry := s.deadline(items, at)
	if time.Now().After(expiry) { // the last moment is still valid, as in Django
		return session.Record{}, session.ErrNotFound
	}
	return session.Record{Key: key, Data: items, Expiry: expiry}, nil
}

// deadline returns when a cookie that was signed at an instant expires.
func (s *store) deadline(items []byte, at time.Time) time.Time {
	own, last := expiry.Deadline(items, at, s.opts.MaxAge), at.Add(s.opts.MaxAge)
	if own.Before(last) {
		return own
	}
	return last
}

// Seal implements [session.Store].
func (s *store) Seal(old, next session.Record, fresh bool) (session.Record, error) {
	if s.list.store != nil {
		next.Data = withIdentity(next.Data, old, fresh)
	}
	key := s.signer.DumpsAt(next.Data, len(next.Data) >= signing.WorthCompressing, s.signedAt(next))
	next.Key = string(key)
	return next, nil
}

// signedAt returns the time of signature with which the cookie expires together
// with the record: the cookie has no other place for the expiry. It is never in
// the future.
func (s *store) signedAt(rec session.Record) time.Time {
	now := time.Now()
	early := s.deadline(rec.Data, now).Sub(rec.Expiry)
	if early < time.Second { // now, apart from a fraction of a second
		return now
	}
	if at := now.Add(-early); !s.deadline(rec.Data, at).After(rec.Expiry) {
		return at
	}
	return rec.Expiry.Add(-s.opts.MaxAge) // the session contains its expiry
}

// Create implements [session.Store]. There is nothing to keep.
func (s *store) Create(ctx context.Context, _ session.Record) error { return ctx.Err() }

// Save implements [session.Store]. It returns [session.ErrNotFound] if old
// has expired or was revoked, and never [session.ErrConflict]. It revokes old
// if new has expired, or has another identity.
func (s *store) Save(ctx context.Context, old, new session.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := time.Now()
	if now.After(old.Expiry) {
		return session.ErrNotFound
	}
	if s.list.store == nil {
		return nil
	}
	if new.Expiry.After(now) && identity(new) == identity(old) {
		return s.list.check(ctx, old)
	}
	return s.list.add(ctx, old)
}

// Delete implements [session.Store]. It revokes the cookie if there is a list.
// Without one it does nothing and returns nil, and everybody who has the cookie
// can continue to use it.
func (s *store) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	rec, err := s.open(key)
	if err != nil || s.list.store == nil {
		return err
	}
	return s.list.add(ctx, rec)
}

// ClearExpired implements [session.Store]: it clears the list, if there is one.
func (s *store) ClearExpired(ctx context.Context, now time.Time) (int, error) {
	if err := ctx.Err(); err != nil || s.list.store == nil {
		return 0, err
	}
	return s.list.store.ClearExpired(ctx, now)
}
