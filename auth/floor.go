package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/jamsession/jamsession/session"
)

// floorItem is the floor of the user's logins at the login of a session, in
// seconds since 1970; 0 if there was none. Django leaves it alone.
const floorItem = session.Item[int64]("_login_floor")

// ErrNoFloors says that a [User.LoginFloor] cannot be stored, so that sessions cannot be
// ended: the backend is not a [FloorKeeper], or its table is missing.
var ErrNoFloors = errors.New("auth: there is no place for the floors of logins")

// A FloorKeeper is a [Backend] that keeps the [User.LoginFloor] of its users, and fills
// it in wherever it returns one. [ModelBackend] is one, if its [UserStore] is a
// [FloorStore]. A custom backend can keep its floors in any FloorStore, such as a
// sqlusers.Users.
type FloorKeeper interface {
	// RaiseLoginFloor raises the floor of the user, and of everybody if the
	// user is the anonymous one, as [FloorStore.RaiseLoginFloor] does. Its
	// error wraps ErrNoFloors if there is nowhere to keep it.
	RaiseLoginFloor(ctx context.Context, user User) (time.Time, error)
}

// A FloorStore keeps floors by the [User.ID] of a user. sqlusers.Users is one. It
// must be safe for concurrent use.
type FloorStore interface {
	// LoginFloor returns the floor of a user; zero if there is none.
	LoginFloor(ctx context.Context, userID string) (time.Time, error)

	// RaiseLoginFloor raises the floor of a user to the second after now, and
	// returns it. It must be higher than any that LoginFloor, or a method that
	// returns the user, has returned before, whatever the clocks say. The
	// empty ID raises the floor of every user, including those who have none.
	RaiseLoginFloor(ctx context.Context, userID string) (time.Time, error)
}

// RaiseLoginFloor implements [FloorKeeper] if the users are a [FloorStore].
func (b *modelBackend) RaiseLoginFloor(ctx context.Context, user User) (time.Time, error) {
	floors, ok := b.users.(FloorStore)
	if !ok {
		return time.Time{}, ErrNoFloors
	}
	return floors.RaiseLoginFloor(ctx, user.ID)
}

// isDead reports whether the session's login is below the user's floor, and was not spared
// by the row of its device.
func (m *Manager) isDead(ctx context.Context, s *session.Session, user User, d *onDevice) (bool, error) {
	if !m.isBelowFloor(proofOf(s), user) {
		return false, nil
	}
	return d.isBelowFloor(ctx, s, user)
}

// isBelowFloor reports whether the session's login is below the user's floor.
//
// A login here stores the floor that the user had when the password was checked, so that
// neither clocks nor races matter: the session cannot know of a floor that was raised
// later. A login elsewhere may say when it was. One that does not, such as plain Django's, is
// not accepted while the floor is younger than Options.FloorAge; this ignores a floor so
// far in the future that a clock must have been wrong.
func (m *Manager) isBelowFloor(p proof, user User) bool {
	switch floor := user.LoginFloor.Unix(); {
	case user.LoginFloor.IsZero():
		return false
	case p.knowsFloor:
		return p.floor < floor
	case p.knowsTime:
		return p.time < floor
	default:
		return time.Since(user.LoginFloor).Abs() < m.opts.FloorAge
	}
}

// A proof is what a session says of its login, by which that is judged.
type proof struct {
	hash                  string // of the password
	floor, time           int64  // in seconds since 1970
	knowsFloor, knowsTime bool
}

func proofOf(s *session.Session) proof {
	floor, noFloor := floorItem.Lookup(s)
	at, noTime := timeItem.Lookup(s)
	return proof{itemText(s, hashItem), floor, at, noFloor == nil, noTime == nil}
}

// floorOf returns the floor that a login stores.
func floorOf(user User) int64 {
	if user.LoginFloor.IsZero() {
		return 0
	}
	return user.LoginFloor.Unix()
}

// endTime limits the search for records, which is for Django's sake.
const endTime = 30 * time.Second

// EndSessions ends all sessions of the user, the visitor's own included, on every engine:
// from their next request here on they are dead. The user may log in again at once.
//
// Then it deletes their records, if the engine of the sessions can list them, so that
// they are dead at a Django site, too. This reads all sessions, for at most 30 seconds,
// and returns how many it has deleted. A record that is left does not matter here; if the
// time was up or the store failed, that is logged. Nil sessions delete none. (ASVS 7.4.5.)
//
// The rows of Options.Devices are deleted, too. If that fails, that is logged: the devices are
// still listed, until they come again or expire, though they have ended.
//
// A plain Django site does not say when a login was: for Options.FloorAge no login that was
// made there is accepted here. One with the engines of contrib/python says it.
//
// The error wraps [ErrNoFloors] if the user's backend does not keep floors, and
// [session.ErrUnavailable] if it is unavailable: then nothing has ended.
func (m *Manager) EndSessions(
	ctx context.Context, sessions *session.Manager, user User,
) (records int, err error) {
	b, err := m.backendOf(user)
	if err != nil {
		return 0, err
	}
	before := time.Now()
	floor, err := raiseFloor(ctx, b, user)
	if err != nil {
		return 0, err
	}
	m.endBelow(ctx, user.ID, floor.Unix(), before)
	records = m.deleteRecords(ctx, sessions, func(s *session.Session) bool {
		name := itemText(s, backendItem)
		return itemText(s, idItem) == user.ID &&
			(isNamed(b, name) || m.backend(name) == nil) // one of Django's
	})
	m.tell(ctx, Event{Kind: EventEnded, UserID: user.ID, Records: records})
	return records, nil
}

// EndAllSessions ends the sessions of all users, as [Manager.EndSessions] does those of
// one. Its error wraps [ErrNoFloors] if one of the backends does not keep floors; the
// sessions of its users go on, unless their records are deleted.
func (m *Manager) EndAllSessions(ctx context.Context, sessions *session.Manager) (records int, err error) {
	var errs []error
	before, lowest := time.Now(), int64(math.MaxInt64)
	for _, b := range m.backends {
		floor, err := raiseFloor(ctx, b, User{})
		errs = append(errs, err)
		lowest = min(lowest, floor.Unix())
	}
	if err := errors.Join(errs...); err == nil {
		m.endBelow(ctx, "", lowest, before)
	}
	records = m.deleteRecords(ctx, sessions, func(s *session.Session) bool { return s.Has(idItem) })
	m.tell(ctx, Event{Kind: EventEnded, Records: records})
	return records, errors.Join(errs...)
}

func raiseFloor(ctx context.Context, b Backend, user User) (time.Time, error) {
	keeper, ok := b.(FloorKeeper)
	if !ok {
		return time.Time{}, fmt.Errorf("%w: backend %s is not a FloorKeeper", ErrNoFloors, b.Name())
	}
	floor, err := keeper.RaiseLoginFloor(ctx, user)
	if err != nil && !errors.Is(err, ErrNoFloors) {
		err = unavailable(b, err)
	}
	return floor, err
}

func (m *Manager) deleteRecords(
	ctx context.Context, sessions *session.Manager, match func(*session.Session) bool,
) int {
	if sessions == nil {
		return 0
	}
	own := m.endOwn(ctx, match)
	limited, cancel := context.WithTimeout(ctx, endTime)
	defer cancel()
	n, err := sessions.DeleteWhere(limited, match)
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		m.opts.Logger.ErrorContext(ctx, "auth: not all records of the ended sessions are deleted",
			slog.Any("error", err))
	}
	return own + n
}

// endOwn ends the session of the visitor whose request this is, if it matches: what the
// handler puts into it afterwards, such as a message, would be lost with its record. It
// returns how many records are deleted.
func (m *Manager) endOwn(ctx context.Context, match func(*session.Session) bool) int {
	x := exchangeOf(ctx)
	if x == nil {
		return 0
	}
	s, err := session.Load(x.req)
	if err != nil || !match(s) {
		return 0
	}
	setUser(x.req.WithContext(ctx), User{})
	if err := end(ctx, s); err != nil {
		m.opts.Logger.ErrorContext(ctx, "auth: the visitor's own session is not deleted yet",
			slog.Any("error", err))
		return 0
	}
	return 1
}
