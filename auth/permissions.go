package auth

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// A PermissionBackend is a [Backend] that also knows what users may do.
// [ModelBackend] is one. Every such backend of a manager is asked about every
// user, whichever backend vouched for that user, and what they grant adds up.
type PermissionBackend interface {
	// Permissions returns what the user may do, each as "app_label.codename",
	// in any order; none for a user whom this backend does not know. It is
	// asked about active users only, and not about superusers, who may do
	// everything. User.Backend names the backend that vouched for the user: an
	// ID means something to that backend only, unless backends share their
	// users.
	//
	// With ErrDenied, as it is or wrapped, the backends that come later are
	// not asked: the user may do no more than the earlier ones have granted.
	// Any other error means that it could not be found out, and ends in 503.
	Permissions(ctx context.Context, user User) ([]string, error)
}

// A PermissionStore is a [UserStore] that also keeps permissions. Package
// sqlusers has one for Django's tables. Without one, a [ModelBackend] grants
// nothing.
type PermissionStore interface {
	// EffectivePermissions returns what the user with this [User.ID] may do,
	// directly and by groups, each as "app_label.codename". There may be
	// duplicates. It returns none for an ID that nobody has, and an error only
	// if the store could not be asked.
	EffectivePermissions(ctx context.Context, id string) ([]string, error)
}

// Permissions are what one user may do, as of the time when they were
// looked up. The zero Permissions allow nothing. They do not change, and
// are safe for concurrent use.
type Permissions struct {
	all   bool
	names map[string]struct{}
}

// Has reports whether the user may do what this permission is for, named
// "app_label.codename" as in Django. A name that does not exist is one that
// only superusers have. (Django: has_perm.)
func (p Permissions) Has(name string) bool {
	_, ok := p.names[name]
	return p.all || ok
}

// HasModule reports whether the user has any permission of the app with this
// label. (Django: has_module_perms.)
func (p Permissions) HasModule(app string) bool {
	for name := range p.names {
		if label, _, ok := strings.Cut(name, "."); ok && label == app {
			return true
		}
	}
	return p.all
}

// Names returns the permissions that were granted, sorted. A superuser's are
// not listed, since there is no end of them: see User.IsSuperuser.
func (p Permissions) Names() []string { return slices.Sorted(maps.Keys(p.names)) }

// Permissions returns what the user may do. It believes the fields of user:
// an active superuser may do everything, an anonymous or inactive user
// nothing, and no backend is asked about them. Give it a user that was just
// read. For the user of a request use [HasPerm] or [LoadPermissions].
//
// The backends are asked in order. One that returns ErrDenied is the last;
// what earlier ones have granted stands. The error wraps [session.ErrUnavailable] if
// a backend could not be asked, which is not the same as no permission.
func (m *Manager) Permissions(ctx context.Context, user User) (Permissions, error) {
	switch {
	case !user.IsAuthenticated() || !user.IsActive:
		return Permissions{}, nil
	case user.IsSuperuser:
		return Permissions{all: true}, nil
	}
	p := Permissions{names: make(map[string]struct{})}
	for _, b := range m.backends {
		granter, ok := b.(PermissionBackend)
		if !ok {
			continue
		}
		names, err := m.granted(ctx, granter, user)
		if errors.Is(err, ErrDenied) {
			break
		}
		if err != nil {
			return Permissions{}, unavailable(b, err)
		}
		for _, name := range names {
			p.names[name] = struct{}{}
		}
	}
	return p, nil
}

// granted asks one backend.
func (m *Manager) granted(ctx context.Context, b PermissionBackend, user User) ([]string, error) {
	ctx, cancel := m.within(ctx)
	defer cancel()
	return b.Permissions(ctx, user)
}

// Permissions implements [PermissionBackend].
func (b *modelBackend) Permissions(ctx context.Context, user User) ([]string, error) {
	store, ok := b.users.(PermissionStore)
	if !ok || !user.IsAuthenticated() || !user.IsActive {
		return nil, nil
	}
	if user.Backend != b.Name() {
		row, err := b.users.ByID(ctx, user.ID)
		if errors.Is(err, ErrUserNotFound) ||
			err == nil && (row.Username != user.Username || !row.IsActive) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return store.EffectivePermissions(ctx, user.ID)
}

// HasPerm reports whether the user who sent the request has a permission,
// named "app_label.codename": "shop.add_order". An anonymous or inactive
// visitor has none, an active superuser has all. (Django: user.has_perm.)
//
// If a store fails, it stops the request by [session.Abort], as [From] does,
// and the session's manager answers 503: not knowing is not a "no". In a
// goroutine of its own, use [LoadPermissions].
//
// The backends are asked once a request, at the first question of this kind;
// what changes later in the request is seen by the next one. HasPerm panics if
// the request did not pass through [Manager.Handler].
func HasPerm(r *http.Request, name string) bool {
	p, err := LoadPermissions(r)
	stop(r, "HasPerm", err)
	return p.Has(name)
}

// LoadPermissions returns what the user who sent the request may do, or an
// error that wraps [session.ErrUnavailable]: it could not be found out, which is
// not the same as no permission. The error is [ErrNoManager] or
// [session.ErrNoManager] if the request did not pass through both managers.
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
