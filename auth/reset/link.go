package reset

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/token"
	"github.com/jamsession/jamsession/session"
)

var (
	// ErrBadLink says that a link is damaged, has been used, is too old, or
	// that its user is gone or may not log in. Which of these is not told.
	ErrBadLink = errors.New("reset: the link is not good, or not any more")

	// ErrMoved says that the link is good, and that its token is in the
	// session now: redirect to the URL with [KeptToken] in its place.
	ErrMoved = errors.New("reset: the token has moved into the session")
)

// KeptToken stands in the URL for a token that is in the session. It is
// Django's.
const KeptToken = "set-password"

// tokenItem is where the token is in the session, as in Django.
const tokenItem = "_password_reset_token"

// Open judges a link that a visitor follows, by what stands in its URL for
// {id} and {token}. If the link is good, it keeps the token in the visitor's
// session and returns [ErrMoved]; after the redirect it returns the user, for
// whom to show the form. The session gets a new key, and keeps what else is in
// it: who knew the key before cannot finish in the visitor's place. So call it
// before the response begins.
//
// The error is [ErrBadLink] if the link is not good, and wraps
// [auth.ErrUnavailable] or [session.ErrUnavailable] if that could not be found
// out. Mark the answer with "Referrer-Policy: same-origin", and never cache it.
// Not with "no-referrer": browsers then send the form with "Origin: null",
// which the check against cross-site requests refuses.
func (x *Resets) Open(r *http.Request, id, tok string) (auth.User, error) {
	if tok == KeptToken {
		user, _, err := x.kept(r, id)
		return user, err
	}
	user, err := x.user(r.Context(), id)
	if err != nil {
		return auth.User{}, err
	}
	if !x.tokens.Check(user, tok) {
		return auth.User{}, ErrBadLink
	}
	s, err := session.Load(r)
	if err != nil {
		return auth.User{}, err
	}
	s.CycleKey()
	s.Set(tokenItem, tok)
	return user, ErrMoved
}

// Finish sets the new password of the user whose link the visitor has opened,
// and ends all the user's sessions. It returns him with his new hash; he is
// not logged in. The link is used up, also if two requests come at once, and
// the visitor's session gets another key.
//
// The error is [ErrBadLink], an [*auth.PasswordError] for a password that is
// too weak (show the form again), or as that of [Resets.Open] if it could not
// be found out.
func (x *Resets) Finish(r *http.Request, id, password string) (auth.User, error) {
	user, s, err := x.kept(r, id)
	if err != nil {
		return auth.User{}, err
	}
	user, err = x.logins.SetPassword(r.Context(), user, password)
	if errors.Is(err, auth.ErrPasswordChanged) {
		return auth.User{}, ErrBadLink
	}
	if err != nil {
		return auth.User{}, err
	}
	s.CycleKey()
	s.Delete(tokenItem)
	return user, nil
}

// kept returns the user whose token is in the session.
func (x *Resets) kept(r *http.Request, id string) (auth.User, *session.Session, error) {
	s, err := session.Load(r)
	if err != nil {
		return auth.User{}, nil, err
	}
	tok := session.Get(s, tokenItem, "")
	if tok == "" {
		return auth.User{}, nil, ErrBadLink
	}
	user, err := x.user(r.Context(), id)
	if err == nil && !x.tokens.Check(user, tok) {
		err = ErrBadLink
	}
	return user, s, err
}

// user returns the active user of a link.
func (x *Resets) user(ctx context.Context, encoded string) (auth.User, error) {
	id, err := token.DecodeID(encoded)
	if err != nil {
		return auth.User{}, ErrBadLink
	}
	user, err := x.users.ByID(ctx, id)
	switch {
	case errors.Is(err, auth.ErrUserNotFound):
		return auth.User{}, ErrBadLink
	case err != nil:
		return auth.User{}, fmt.Errorf("%w: %w", auth.ErrUnavailable, err)
	case !user.IsActive:
		return auth.User{}, ErrBadLink
	}
	return user, nil
}
