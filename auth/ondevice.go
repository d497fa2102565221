package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/internal/authsession"
	"github.com/jamsession/jamsession/internal/devicekeeper"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

// deviceItem is the id of the login's row. Django leaves it alone.
const deviceItem = session.Item[string]("_device")

// onDevice is the device that the login of a session is on. It is zero if there is no
// keeper; the id is empty if the login has no row yet.
type onDevice struct {
	m      *Manager
	keeper devicekeeper.Keeper
	userID string
	id     string
	key    secret.Text        // of the record of the session
	state  devicekeeper.State // userOn fills it in
	isNew  bool

	belowFloor bool // the login as a whole is, and not only an old copy of its session

	lost bool // the device that the session was on has just been ended
}

// deviceOf returns the device of a session, whose state is not known.
func (m *Manager) deviceOf(s *session.Session) onDevice {
	d := onDevice{m: m, keeper: m.keeper()}
	if d.keeper == nil {
		return onDevice{}
	}
	d.userID = itemText(s, idItem)
	d.id, _ = deviceItem.Lookup(s)
	key, _ := authsession.RecordOf(s)
	d.key = secret.New(key)
	return d
}

// userOn asks a backend for a user, and the keeper for the state of the device: in one
// statement if both are in one database. Its error is that of the backend if there is no
// such user, and else wraps session.ErrUnavailable.
func (m *Manager) userOn(ctx context.Context, b Backend, id string, d *onDevice) (User, error) {
	user, joined, err := d.join(ctx, b, id)
	if !joined {
		user, err = b.User(ctx, id)
	}
	switch {
	case errors.Is(err, ErrUserNotFound):
		return User{}, err
	case err != nil:
		return User{}, unavailable(b, err)
	}
	d.userID = user.ID
	if !joined && d.id != "" && d.keeper != nil {
		return user, d.look(ctx)
	}
	return user, nil
}

// join asks for both in one statement. A backend of the program's own has its own question.
func (d *onDevice) join(ctx context.Context, b Backend, id string) (user User, joined bool, err error) {
	model, ok := b.(*modelBackend)
	if !ok || d.keeper == nil || d.id == "" {
		return User{}, false, nil
	}
	j := devicekeeper.Joined(model.users, d.keeper)
	if j == nil {
		return User{}, false, nil
	}
	d.state.Seen, err = j.UserOn(ctx, &user, id, d.id)
	if err == nil && !user.IsActive {
		err = ErrInactive
	}
	return user, true, err
}

// look asks for the state of the device.
func (d *onDevice) look(ctx context.Context) (err error) {
	ctx, cancel := d.m.within(ctx)
	defer cancel()
	d.state, err = d.keeper.Look(ctx, d.userID, d.id, d.key.Reveal())
	d.id = cmp.Or(d.state.ID, d.id)
	return devicesUnavailable(err)
}

// isEnded reports whether the row of the login was deleted: that is the end of the login.
func (d *onDevice) isEnded() bool {
	return d.keeper != nil && d.id != "" && !d.state.Alive()
}

// isBelowFloor reports whether the floor of the user ends the login on this device, which is
// so if the row does not say that the login knows of the floor. That is asked only here,
// after the floor was seen: the row of a login that is spared says so before the floor is raised.
func (d *onDevice) isBelowFloor(ctx context.Context, s *session.Session, user User) (bool, error) {
	if d.keeper == nil || d.id == "" {
		return true, nil
	}
	if err := d.look(ctx); err != nil {
		return true, err
	}
	if d.state.Floor < floorOf(user) {
		d.belowFloor = true
		return true, nil
	}
	floorItem.Set(s, floorOf(user)) // which spares the next request the question
	return false, nil
}

// end deletes the row, if there is one.
func (d *onDevice) end(ctx context.Context) error {
	if d.keeper == nil || d.id == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.m.opts.Timeout)
	defer cancel()
	return devicesUnavailable(d.keeper.End(ctx, d.userID, d.id, d.key.Reveal()))
}

// forget is end where the row does not matter any more.
func (d *onDevice) forget(ctx context.Context) {
	if err := d.end(ctx); err != nil {
		d.m.opts.Logger.ErrorContext(ctx, "auth: the device of an ended login is not deleted",
			slog.Any("error", err))
	}
}

// withdraw deletes the row of a login that was adopted in vain.
func (d *onDevice) withdraw(ctx context.Context) {
	ctx, cancel := d.m.within(context.WithoutCancel(ctx))
	defer cancel()
	if err := d.keeper.Withdraw(ctx, d.userID, d.id); err != nil {
		d.m.opts.Logger.ErrorContext(ctx, "auth: the device of a login is not deleted",
			slog.Any("error", err))
	}
}

// endLogin ends a session that is nobody's any more, and the row of its login if this has
// ended it: the session that was loaded may be an old one, or a copy, of one that lives on.
func (m *Manager) endLogin(ctx context.Context, s *session.Session, d onDevice) error {
	key, _ := authsession.RecordOf(s)
	err := end(ctx, s)
	if d.belowFloor || err == nil && key != "" && !authsession.Overtaken(s) {
		d.forget(ctx)
	}
	return err
}

// endOfDevice ends a session whose row was deleted. A cookie that holds everything goes, too:
// a Django site that logs the same user in on it would keep the id of the row that is gone.
func endOfDevice(ctx context.Context, s *session.Session) error {
	if key, _ := authsession.RecordOf(s); key != "" {
		return end(ctx, s)
	}
	s.Flush()
	return s.Save(ctx)
}

// startDevice makes the row of a login, before the session says anything of it. If anew is
// set, the session is emptied.
func (m *Manager) startDevice(
	r *http.Request, s *session.Session, user User, anew bool,
) (onDevice, error) {
	before := m.deviceOf(s)
	if before.keeper == nil {
		return onDevice{}, nil
	}
	method := methodOther
	if exchangeOf(r.Context()).hasTyped(user) {
		method = methodPassword
	}
	key, _ := authsession.RecordOf(s) // a cookie that holds everything ends with its row only
	same := !anew && key != ""
	d, err := before.start(r, devicekeeper.Login{
		UserID: user.ID, Method: method, Floor: floorOf(user),
		Before: before.id, BeforeUser: before.userID, Same: same,
	})
	if refused, ok := errors.AsType[*devicekeeper.Refused](err); ok {
		return d, refused.Err
	}
	d.lost = same && before.id != "" && d.isNew
	return d, err
}

// start makes a row, and returns the device.
func (d onDevice) start(r *http.Request, l devicekeeper.Login) (onDevice, error) {
	limited, cancel := d.m.limitedRequest(r)
	defer cancel()
	id, err := d.keeper.Start(limited, l)
	if err != nil {
		if refused, ok := errors.AsType[*devicekeeper.Refused](err); ok {
			return onDevice{}, refused
		}
		return onDevice{}, devicesUnavailable(err)
	}
	return onDevice{
		m: d.m, keeper: d.keeper, userID: l.UserID, id: id, isNew: id != l.Before,
		state: devicekeeper.State{Seen: time.Now()},
	}, nil
}

// enter has the session say that its login is on this device.
func (d *onDevice) enter(r *http.Request, s *session.Session) {
	if d.keeper == nil {
		s.Delete(string(deviceItem)) // of another process; nobody would notice its end
		return
	}
	deviceItem.Set(s, d.id)
	d.follow(r, s)
}

// enterOn lets in the user of a session that is alive, on its device.
func (m *Manager) enterOn(r *http.Request, s *session.Session, user User, d onDevice) (User, error) {
	switch {
	case d.keeper == nil:
		return user, nil
	case d.id == "":
		return m.adopt(r, s, user, d)
	}
	if deviceItem.Get(s, "") != d.id {
		deviceItem.Set(s, d.id)
	}
	f := d.follow(r, s)
	if d.state.Moved {
		f.keeper.Move(r, devicekeeper.Move{Use: f.used()})
	}
	return user, nil
}

// devicesUnavailable says that the keeper could not be asked.
func devicesUnavailable(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: devices: %w", errUnavailable, err)
}

// A deviceFollower tells the keeper what becomes of the session of a device.
type deviceFollower struct {
	onDevice
	r   *http.Request
	key secret.Text // of the record, as the keeper knows it
	at  time.Time

	starts bool // the login is not stored yet
}

// follow has the keeper told, and notes the request if that was not done for a while.
func (d *onDevice) follow(r *http.Request, s *session.Session) *deviceFollower {
	f := &deviceFollower{onDevice: *d, r: r, starts: d.isNew}
	key, until := authsession.RecordOf(s)
	f.key, f.at = secret.New(key), until
	age := time.Since(d.state.Seen)
	if age >= devicekeeper.WriteEvery || age <= -devicekeeper.WriteEvery {
		f.keeper.Use(r, f.used())
	}
	authsession.Follow(s, f)
	return f
}

// keep has the row of a login that was adopted live as long as its session. If that fails, the
// row lives for as long as requests come.
func (d *onDevice) keep(ctx context.Context, s *session.Session) {
	_, until := authsession.RecordOf(s)
	if until.IsZero() {
		until = s.ExpiryDate()
	}
	ctx, cancel := d.m.within(context.WithoutCancel(ctx))
	defer cancel()
	if err := d.keeper.Keep(ctx, d.userID, d.id, until); err != nil {
		d.logKeep(ctx, err)
	}
}

func (d *onDevice) logKeep(ctx context.Context, err error) {
	d.m.opts.Logger.WarnContext(ctx, "auth: the row of a device is not prolonged", slog.Any("error", err))
}

// used is the request.
func (f *deviceFollower) used() devicekeeper.Use {
	return devicekeeper.Use{UserID: f.userID, ID: f.id, Key: f.key.Reveal(), Until: f.at}
}

// Saving has the row live as long as the session, if that lives much longer than before. Where
// that cannot be written, a row that was there before does without: later requests come again.
func (f *deviceFollower) Saving(ctx context.Context, before, until time.Time) error {
	if !f.isNew && !before.IsZero() && until.Sub(before) < devicekeeper.Slack {
		return nil
	}
	err := f.keeper.Keep(ctx, f.userID, f.id, until)
	switch {
	case err != nil && f.isNew:
		return devicesUnavailable(err)
	case err != nil:
		f.logKeep(ctx, err)
	}
	f.isNew = false
	return nil
}

// Saved notes a new key, or when a session ends that has none.
func (f *deviceFollower) Saved(key string, until time.Time) {
	if key == "" {
		f.keeper.Renew(f.userID, f.id, nil, until)
	}
	if sameHash(key, f.key.Reveal()) {
		return
	}
	before := f.key.Reveal()
	f.key, f.at = secret.New(key), until
	f.keeper.Move(f.r, devicekeeper.Move{Use: f.used(), Before: before, JustNow: true, IsNew: f.starts})
	f.starts = false
}

var _ authsession.Follower = (*deviceFollower)(nil)
