package capacity

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jamsession/jamsession/bench/report"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

// reads loads sessions one after the other.
func (r *run) reads(full filled) (median, p99 time.Duration) {
	var taken []time.Duration
	for end := time.Now().Add(r.options.Spell); len(taken) < 10 || time.Now().Before(end); {
		key := full.any()
		begin := time.Now()
		_, err := full.store.Load(r.ctx, key)
		taken = append(taken, time.Since(begin))
		r.check("load", err)
	}
	slices.Sort(taken)
	return taken[len(taken)/2], taken[len(taken)*99/100]
}

// visitors load and save at the same time.
const visitors = 32

// requests returns how long a request keeps the site and the server busy, in text.
func (r *run) requests(full filled, codec session.Codec) (cells []string) {
	manager := noerror.In(session.New(full.store, &session.Options{Codec: codec}))
	read := func() error {
		s, err := manager.ByKey(r.ctx, full.any())
		if err == nil && !s.Has("_auth_user_id") {
			r.Logf("a session is not there")
		}
		return err
	}
	write := func() error {
		s, err := manager.ByKey(r.ctx, full.any())
		if err != nil {
			return err
		}
		s.Set("seen", time.Now().UnixNano())
		return s.Save(r.ctx)
	}
	return append(r.busy(full, read), r.busy(full, write)...)
}

// busy measures one kind of request.
func (r *run) busy(full filled, request func() error) []string {
	server := full.busy
	if server == nil {
		server = func() time.Duration { return 0 }
	}
	var done atomic.Int64
	var failure atomic.Pointer[error]
	spell := func() {
		var wg sync.WaitGroup
		end := time.Now().Add(r.options.Spell)
		for range visitors {
			wg.Go(func() {
				for time.Now().Before(end) {
					if err := request(); err != nil {
						failure.Store(&err)
						return
					}
					done.Add(1)
				}
			})
		}
		wg.Wait()
	}
	spell() // opens the connections
	done.Store(0)
	siteBefore, serverBefore := processor(), server()
	spell()
	siteTook, serverTook := processor()-siteBefore, server()-serverBefore
	if err := failure.Load(); err != nil {
		r.check("request", *err)
	}
	if full.busy == nil {
		return []string{each(siteTook, done.Load()), "–"}
	}
	return []string{each(siteTook, done.Load()), each(serverTook, done.Load())}
}

func each(took time.Duration, n int64) string {
	return report.Nanos(float64(took) / float64(max(n, 1)))
}
