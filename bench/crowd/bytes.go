package crowd

import (
	"fmt"
	"runtime"

	"github.com/alexedwards/scs/v2"
	scsmemstore "github.com/alexedwards/scs/v2/memstore"

	"github.com/jamsession/jamsession/bench/report"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// bytes measures the heap that sessions need. The store is a bounded one, as sites
// have it.
func (r *run) bytes() {
	ours := r.heap(func() any {
		store := noerror.In(memstore.NewLimited(r.size.Sessions))
		m := noerror.In(session.New(store, nil))
		for i := range r.size.Sessions {
			s, err := m.ByKey(r.ctx, "")
			r.check("begin", err)
			login(i, func(name, value string) { s.Set(name, value) })
			r.check("save", s.Save(r.ctx))
		}
		return store
	})
	theirs := r.heap(func() any {
		m := scs.New()
		store := scsmemstore.NewWithCleanupInterval(0)
		m.Store = store
		for i := range r.size.Sessions {
			ctx, err := m.Load(r.ctx, "")
			r.check("begin", err)
			login(i, func(name, value string) { m.Put(ctx, name, value) })
			_, _, err = m.Commit(ctx)
			r.check("save", err)
		}
		return store
	})
	r.add(report.Table{
		Title: fmt.Sprintf("Memory of %d sessions", r.size.Sessions),
		Note: "Each holds what a login sets: _auth_user_id, _auth_user_backend and _auth_user_hash. " +
			"The heap after a collection, with the sessions less without them.",
		Columns: []string{"", "bytes a session", "times"},
		Rows: [][]string{
			{"memstore", report.Number(ours), "1"},
			{"scs memstore", report.Number(theirs), report.Number(theirs / ours)},
		},
	})
	r.atMost(450, ours, "memory: bytes a session, of %d", r.size.Sessions)
}

// login are the three items of visitor i that Django's login sets.
func login(i int, set func(name, value string)) {
	set("_auth_user_id", fmt.Sprint(i))
	set("_auth_user_backend", "django.contrib.auth.backends.ModelBackend")
	set("_auth_user_hash", fmt.Sprintf("%064x", i))
}

// heap returns how many bytes a session takes of what fill returns.
func (r *run) heap(fill func() any) float64 {
	before := heapInUse()
	store := fill()
	used := heapInUse() - before
	runtime.KeepAlive(store)
	return used / float64(r.size.Sessions)
}

func heapInUse() float64 {
	var stats runtime.MemStats
	for range 2 { // what had a finalizer goes in the second
		runtime.GC()
	}
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}
