package sqlusers

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jamsession/jamsession/internal/djangodb"
)

// lateFloors are the statements of users whose table of floors may be made
// later: a database that Django has migrated has none.
type lateFloors struct {
	current atomic.Pointer[statements]
	looked  atomic.Int64 // when the table was looked for, in microseconds

	mu  sync.Mutex
	all []*statements // to be closed at the end, since somebody may use them
}

// lookEvery is how often a process asks whether the table exists by now.
const lookEvery = int64(time.Minute / time.Microsecond)

// asked returns the statements. One call a minute looks for the table; if it
// fails, so does the statement, and tells why.
func (u *Users) asked(ctx context.Context) *statements {
	now, last := time.Now().UnixMicro(), u.late.looked.Load()
	recent := last <= now && now < last+lookEvery
	if s := u.late.current.Load(); s.floors || recent || !u.late.looked.CompareAndSwap(last, now) {
		return s
	}
	_ = u.prepare(ctx)
	return u.late.current.Load()
}

// hasFloors looks whether there is a table to write to.
func (u *Users) hasFloors(ctx context.Context) (bool, error) {
	if u.late.current.Load().floors {
		return true, nil
	}
	err := u.prepare(ctx)
	return u.late.current.Load().floors, err
}

// prepare prepares the statements, unless they are and nothing has changed.
func (u *Users) prepare(ctx context.Context) error {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	u.late.looked.Store(time.Now().UnixMicro())
	has, err := u.db.HasOwn(ctx, djangodb.LoginFloors)
	if err != nil {
		return err
	}
	u.late.mu.Lock()
	defer u.late.mu.Unlock()
	if current := u.late.current.Load(); current != nil && (current.floors || !has) {
		return nil // another look was faster
	}
	s, err := prepare(ctx, u.db, u.table, has)
	if err != nil {
		return err
	}
	u.late.all = append(u.late.all, s)
	u.late.current.Store(s)
	return nil
}

// close releases all statements.
func (l *lateFloors) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, s := range l.all {
		errs = append(errs, s.close())
	}
	l.all = nil
	return errors.Join(errs...)
}
