package scale

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/alexedwards/scs/v2"

	"github.com/jamsession/jamsession/bench/report"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

// backend is what Django calls the one that asks its own table of users.
const backend = "django.contrib.auth.backends.ModelBackend"

// login are the three items of visitor i that Django's login sets.
func login(i int, set func(name, value string)) {
	set("_auth_user_id", fmt.Sprint(i))
	set("_auth_user_backend", backend)
	set("_auth_user_hash", fmt.Sprintf("%064x", i))
}

// logIn makes sessions through one library.
type logIn func(ctx context.Context, i int) error

func jamsession(store session.Store) logIn {
	manager := noerror.In(session.New(store, nil))
	return func(ctx context.Context, i int) error {
		s, err := manager.ByKey(ctx, "")
		if err != nil {
			return err
		}
		login(i, func(name, value string) { s.Set(name, value) })
		return s.Save(ctx)
	}
}

func scsSession(store scs.Store) logIn {
	manager := scs.New()
	manager.Store = store
	return func(ctx context.Context, i int) error {
		ctx, err := manager.Load(ctx, "")
		if err != nil {
			return err
		}
		login(i, func(name, value string) { manager.Put(ctx, name, value) })
		_, _, err = manager.Commit(ctx)
		return err
	}
}

// logInAll makes all sessions, some at a time.
func (r *run) logInAll(name string, one logIn, goroutines int) {
	r.timed(name, func() error {
		var wg sync.WaitGroup
		var next atomic.Int64
		var failure atomic.Pointer[error]
		for range goroutines {
			wg.Go(func() {
				for i := int(next.Add(1)); i <= r.size.Sessions; i = int(next.Add(1)) {
					if err := one(r.ctx, i); err != nil {
						failure.Store(&err)
						return
					}
				}
			})
		}
		wg.Wait()
		if err := failure.Load(); err != nil {
			return *err
		}
		return nil
	})
}

func (r *run) bytesPerSession(title, note string, names []string, bytes []float64) report.Table {
	t := report.Table{
		Title: title,
		Note: "Each holds what a login sets: _auth_user_id, _auth_user_backend and _auth_user_hash. " +
			note,
		Columns: []string{"", "bytes a session", "times"},
	}
	for i, name := range names {
		t.Rows = append(t.Rows, []string{name, report.Number(bytes[i]), report.Number(bytes[i] / bytes[0])})
	}
	return t
}
