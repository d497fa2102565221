package devices

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/devicekeeper"
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

var errNotMigrated = fmt.Errorf("devices: jamsession_device: %w", django.ErrNotMigrated)

// Devices are the logins that are alive, in the table jamsession_device. Make one with [New],
// and give it to [auth.Options]; it is safe for concurrent use. Errors other than those that
// the methods name mean that the database could not be asked; they wrap
// [session.ErrUnavailable], by which session.Abort answers 503.
type Devices struct {
	db               djangodb.DB
	opts             Options
	rows             rows
	kept             AddressKind // of addresses in the rows
	writes           queue
	keeper           keeper
	inUse            presence
	lookedForRemains atomic.Int64 // when that was, in microseconds
	watches          *watches
	unlisten         func() // to what package sqlusers changes of users
	news             *news
}

// New prepares the statements on the table. Its error is [django.ErrNotMigrated] if the table
// does not exist, unless Django makes it. The keys are the site's: they seal the keys of sessions, which
// the table has for their deletion. The pools stay the caller's: close the devices, then the
// pools. The options may be nil.
func New(ctx context.Context, db django.Database, keys secret.Keys, o *Options) (*Devices, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	d := &Devices{opts: o.withDefaults()}
	d.keeper.d = d
	if d.kept = d.opts.Address; d.opts.AllAuth && d.kept == AddressShort {
		d.kept = AddressFull // as allauth writes it, which takes each other one for a change
	}
	if err := d.opts.check(); err != nil {
		return nil, err
	}
	var err error
	if d.db, err = djangodb.New(db); err != nil {
		return nil, fmt.Errorf("devices: %w", err)
	}
	if d.opts.AllAuth {
		d.rows, err = openAllauthRows(ctx, d.db, d.opts)
	} else {
		d.rows, err = openOwnRows(ctx, d.db, keys)
	}
	if err != nil {
		return nil, err
	}
	d.writes = newQueue(d.opts.Logger, d.write)
	d.watches = newWatches(d.opts.Logger, d.lookAt)
	d.news = newNews(d.opts.Push, d.opts.Logger, d.watches.wake)
	d.unlisten = devicekeeper.OnChange(db.DB, d.changed)
	return d, nil
}

// Migrate makes the table jamsession_device if it does not exist, and returns the names of
// the tables that it made. Programs that start together may all call it. The table is not
// Django's; manage.py migrate ignores it. If a table of this name lacks a column, the error
// names the column.
func Migrate(ctx context.Context, db django.Database) ([]string, error) {
	d, err := djangodb.New(db)
	if err != nil {
		return nil, fmt.Errorf("devices: %w", err)
	}
	made, err := d.MakeOwn(ctx, djangodb.Devices)
	if err != nil || !made {
		return nil, wrap(ctx, "migrate", err)
	}
	return []string{djangodb.Devices.Name}, nil
}

// Close ends what [Devices.Watch] has returned, writes and tells what waits for that, and releases
// the statements. Let the other requests finish first.
func (d *Devices) Close() error {
	d.unlisten()
	d.watches.close()
	d.writes.close()
	d.news.close()
	return d.rows.close()
}

// Keeper implements [auth.DeviceKeeper].
func (d *Devices) Keeper() devicekeeper.Keeper { return &d.keeper }

// limit returns ctx with a deadline.
func (d *Devices) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return timelimit.Ensure(ctx, d.opts.Timeout)
}

// changed is called after something has changed on which logins of a user depend; of everybody.
func (d *Devices) changed(user string) {
	d.watches.wake(user)
	d.news.tell(user)
}

// wrap says what could not be done because the database could not be asked.
func wrap(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	return unavailable{djangodb.Wrap(ctx, "devices: "+doing, err)}
}

// unavailable is an error of the database. It is a session.ErrUnavailable, too.
type unavailable struct{ error }

func (e unavailable) Unwrap() error { return e.error }

func (unavailable) Is(target error) bool { return target == session.ErrUnavailable }

// micros is an instant as the table has it.
func micros(t time.Time) int64 { return t.UnixMicro() }
