package auth

import (
	"errors"
	"net/http"

	"github.com/jamsession/jamsession/session"
)

// HasPerm reports whether the user who sent the request has a permission,
// named "app_label.codename": "shop.add_order". An anonymous or inactive
// visitor has none, an active superuser has all. (Django: user.has_perm.)
//
// If a store fails, it stops the request by [session.Abort], as [From] does,
// and the session's manager answers 503: what could not be found out is not a
// no. In a goroutine of its own, use [LoadPermissions].
//
// The backends are asked once a request, at the first question of this kind;
// what changes later in the request is seen by the next one. HasPerm panics if
// the request did not pass through [Manager.Handler].
func HasPerm(r *http.Request, name string) bool { return permissionsFrom(r).Has(name) }

// HasPerms is [HasPerm] for several permissions: the user must have all. It
// is true if none is named. (Django: user.has_perms.)
func HasPerms(r *http.Request, names ...string) bool { return permissionsFrom(r).HasAll(names...) }

// HasModulePerms is [HasPerm] for an app: the user must have any permission
// of the app with this label. (Django: user.has_module_perms.)
func HasModulePerms(r *http.Request, app string) bool { return permissionsFrom(r).HasModule(app) }

// LoadPermissions returns what the user who sent the request may do, or an
// error that wraps [ErrUnavailable] or [session.ErrUnavailable]: it could not
// be found out, which is not the same as no permission. The error is
// ErrNoManager or [session.ErrNoManager] if the request did not pass through
// both managers.
func LoadPermissions(r *http.Request) (Permissions, error) {
	x := exchangeOf(r.Context())
	if x == nil {
		return Permissions{}, ErrNoManager
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	user, err := x.load(r)
	if err != nil {
		return Permissions{}, err
	}
	if x.granted == nil {
		p, err := x.m.Permissions(r.Context(), user)
		x.granted = &granted{p, err}
	}
	return x.granted.permissions, x.granted.err
}

// granted is the answer of the backends, which is kept for the request.
type granted struct {
	permissions Permissions
	err         error
}

func permissionsFrom(r *http.Request) Permissions {
	p, err := LoadPermissions(r)
	if errors.Is(err, ErrNoManager) || errors.Is(err, session.ErrNoManager) {
		panic("auth: HasPerm: " + err.Error())
	}
	if err != nil {
		session.Abort(r, err)
	}
	return p
}
