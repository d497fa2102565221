package reset

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/token"
	"github.com/jamsession/jamsession/internal/authsession"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

// ErrBadLink says that a link is damaged, has been used or is too old, or that
// its user is gone or may not log in. It does not tell which of these.
var ErrBadLink = errors.New("reset: the link is invalid, expired or already used")

// KeptToken stands in the URL in place of a token that is in the session.
// It is Django's.
const KeptToken = "set-password"

// tokenItem is where the token is in the session, as in Django.
const tokenItem = session.Item[string]("_password_reset_token")

// Open checks a link that a visitor follows, by the {id} and {token} in its URL, and
// returns the user whose link it is. The first time, it moves the token into the
// visitor's session: then moved is true, and the answer is [Redirect] to the URL with
// [KeptToken] in place of the token. After that, show the form. The session gets a new
// key, and keeps its other items: somebody who knew the key before cannot finish in the
// visitor's place. So call it before the response begins.
//
// If the session's cookie is SameSite=Strict and the browser has kept it back, since the
// link was in a web mail, moved is true all the same, and the session is left alone:
// Redirect has the browser ask once more, with the cookie.
//
// The error is [ErrBadLink] if the link is not valid, and wraps
// [session.ErrUnavailable] if it could not be checked. Mark the answer with
// "Referrer-Policy: same-origin", and never cache it. Do not use "no-referrer": browsers
// then send the form with "Origin: null", which the check against cross-site requests
// refuses.
func (x *Resets) Open(r *http.Request, id, tok string) (user auth.User, moved bool, err error) {
	if tok == KeptToken {
		user, _, err := x.kept(r, id)
		return user, false, err
	}
	user, err = x.user(r.Context(), id)
	if err != nil {
		return auth.User{}, false, err
	}
	if !x.tokens.Check(user, tok) {
		return auth.User{}, false, ErrBadLink
	}
	if staysBehind(r) {
		return user, true, nil
	}
	s, err := session.Load(r)
	if err != nil {
		return auth.User{}, false, err
	}
	s.CycleKey()
	authsession.StartAnew(s) // each of two clicks on one link has proved whose mail it is
	tokenItem.Set(s, tok)
	return user, true, nil
}

// Finish sets the new password of the user whose link the visitor has opened, and ends
// all sessions of that user. It returns the user with the new hash, and does not log the
// user in. The link is used up, even if two requests come at once, and the visitor's
// session gets another key.
//
// The error is [ErrBadLink], an [*auth.PasswordError] for a password that is too weak
// (show the form again), or like that of [Resets.Open] if it could not be checked.
func (x *Resets) Finish(r *http.Request, id, password string) (auth.User, error) {
	user, s, err := x.kept(r, id)
	if err != nil {
		return auth.User{}, err
	}
	user, err = x.logins.ResetPassword(r, user, password)
	if errors.Is(err, auth.ErrPasswordChanged) {
		return auth.User{}, ErrBadLink
	}
	if err != nil {
		return auth.User{}, err
	}
	s.CycleKey()
	tokenItem.Delete(s)
	x.lift(r.Context(), user)
	return user, nil
}

// lift tells the limiter of requests that the user has used a link, whether the
// visitor waits for that or not.
func (x *Resets) lift(ctx context.Context, user auth.User) {
	l, ok := x.opts.Limiter.(auth.Lifter)
	if !ok {
		return
	}
	ctx, cancel := timelimit.Within(context.WithoutCancel(ctx), timelimit.Default)
	defer cancel()
	for _, name := range []string{user.Username, user.Email} {
		l.NewPassword(ctx, auth.Attempt{Username: name, User: user})
	}
}

// kept returns the user whose token is in the session.
func (x *Resets) kept(r *http.Request, id string) (auth.User, *session.Session, error) {
	s, err := session.Load(r)
	if err != nil {
		return auth.User{}, nil, err
	}
	tok := tokenItem.Get(s, "")
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
		return auth.User{}, fmt.Errorf("%w: %w", session.ErrUnavailable, err)
	case !user.IsActive:
		return auth.User{}, ErrBadLink
	}
	return user, nil
}
