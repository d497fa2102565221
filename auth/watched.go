package auth

import (
	"context"
	"errors"
	"hash/maphash"
	"maps"
	"slices"
	"time"

	"github.com/jamsession/jamsession/internal/authsession"
	"github.com/jamsession/jamsession/internal/devicekeeper"
	"github.com/jamsession/jamsession/session"
)

// A watched is a login that package devices watches after its request, as it was then.
type watched struct {
	user     devicekeeper.User
	proof    proof
	sessions any // the manager of the session
}

func watchedLogin(s *session.Session, user User) *watched {
	return &watched{
		devicekeeper.User{Backend: user.Backend, ID: user.ID}, proofOf(s), authsession.ManagerOf(s),
	}
}

// stateSeed is this process's own, so that nobody can look for two passwords of one state.
var stateSeed = maphash.MakeSeed()

// stateOf is a digest of all that the logins of a user depend on; zero if there can be none. A
// backend that lets in users who are not active decides that for itself, here as at a request.
func stateOf(user User) uint64 {
	if !user.IsAuthenticated() {
		return 0
	}
	return max(devicekeeper.StateUnknown+1, maphash.Comparable(stateSeed, struct {
		password string
		floor    int64
	}{user.Password, floorOf(user)}))
}

// States implements devicekeeper.Manager, in one statement for each backend that can. One user
// whom a backend cannot return must not hide the others.
func (d deviceManager) States(ctx context.Context, users []devicekeeper.User) ([]uint64, error) {
	ctx, cancel := d.m.within(ctx)
	defer cancel()
	var errs [2]error // one of each kind
	states := make([]uint64, len(users))
	together := make(map[*modelBackend]map[string]int) // the places of users
	for i, u := range users {
		b := d.m.backend(u.Backend)
		if model, ok := b.(*modelBackend); ok && devicekeeper.StatesOf(model.users) != nil {
			if together[model] == nil {
				together[model] = make(map[string]int)
			}
			together[model][u.ID] = i
			continue
		}
		user, err := d.user(ctx, b, u.ID)
		states[i] = stateOf(user)
		if err != nil {
			states[i], errs[0] = devicekeeper.StateUnknown, err
		}
	}
	for b, places := range together {
		if err := statesOf(ctx, b, places, states); err != nil {
			errs[1] = err
		}
	}
	return states, errors.Join(errs[:]...)
}

// statesOf puts the states of a backend's users into their places.
func statesOf(ctx context.Context, b *modelBackend, places map[string]int, states []uint64) error {
	ids := slices.Collect(maps.Keys(places))
	err := devicekeeper.StatesOf(b.users)(ctx, ids, func(id, password string, active bool, floor time.Time) {
		if place, asked := places[id]; asked && active {
			states[place] = stateOf(User{ID: id, Password: password, LoginFloor: floor})
		}
	})
	if err == nil {
		return nil
	}
	for _, place := range places {
		states[place] = devicekeeper.StateUnknown
	}
	return unavailable(b, err)
}

// user returns a user of a backend, the anonymous one if there is none.
func (d deviceManager) user(ctx context.Context, b Backend, id string) (User, error) {
	if b == nil {
		return User{}, nil
	}
	ctx, cancel := d.m.within(ctx)
	defer cancel()
	user, err := b.User(ctx, id)
	switch {
	case errors.Is(err, ErrUserNotFound):
		return User{}, nil
	case err != nil:
		return User{}, unavailable(b, err)
	}
	return user, nil
}

// Holds implements devicekeeper.Manager. If the session says something else by now, as after a
// change of the password by the visitor, that counts.
func (d deviceManager) Holds(ctx context.Context, login any, keys []string, floor int64) (bool, error) {
	w := login.(*watched)
	user, err := d.user(ctx, d.m.backend(w.user.Backend), w.user.ID)
	if err != nil || stateOf(user) == 0 {
		return false, err
	}
	if d.m.isGood(w.proof, user, floor) {
		return true, nil
	}
	for _, key := range keys {
		now, err := authsession.Reread(ctx, w.sessions, key)
		if errors.Is(err, session.ErrUnavailable) {
			return false, err
		}
		if err != nil { // it is gone, or nobody can read it
			continue
		}
		s := now.(*session.Session)
		return itemText(s, idItem) == user.ID && d.m.isGood(proofOf(s), user, floor), nil
	}
	return false, nil
}

// isGood reports whether a login with this proof is let in, with a row of this floor.
func (m *Manager) isGood(p proof, user User, floor int64) bool {
	return m.judge(p.hash, user) != hashWrong && (floor >= floorOf(user) || !m.isBelowFloor(p, user))
}

// renew tells those who watch the login what its session says from now on, where no record does.
func (m *Manager) renew(s *session.Session, user User) {
	d := m.deviceOf(s)
	if key, _ := authsession.RecordOf(s); d.keeper != nil && d.id != "" && key == "" {
		d.keeper.Renew(user.ID, d.id, watchedLogin(s, user), time.Time{})
	}
}
