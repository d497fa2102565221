package capacity

import (
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// sampled is how many keys of sessions in memory are kept, to read them.
const sampled = 10_000

// fillMemory logs in as visitors do: the store keeps more of a session than its record.
func fillMemory(r *run, f filling) filled {
	defer debug.SetGCPercent(debug.SetGCPercent(50)) // others need the machine's memory, too
	before := heap()
	store := memstore.New()
	patient := &session.Options{Timeout: time.Minute} // beside a busy collector of garbage
	manager := noerror.In(session.New(store, patient))
	step := max(1, f.n/sampled)
	keys := make([]string, (f.n+step-1)/step)
	r.inParallel(f.n, func(i int) error {
		s, err := manager.ByKey(r.ctx, "")
		if err != nil {
			return err
		}
		logIn(s, i)
		if err := s.Save(r.ctx); err != nil {
			return err
		}
		if i%step == 0 {
			keys[i/step] = s.Key()
		}
		return nil
	})
	return filled{
		store: store, bytes: heap() - before,
		any: func() string { return keys[rand.IntN(len(keys))] },
	}
}

func heap() float64 {
	var stats runtime.MemStats
	for range 2 { // what had a finalizer goes in the second
		runtime.GC()
	}
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}

// inParallel calls f for all numbers below n, from as many goroutines as there are processors.
func (r *run) inParallel(n int, f func(i int) error) {
	var wg sync.WaitGroup
	var next atomic.Int64
	var failure atomic.Pointer[error]
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && r.ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if err := f(i); err != nil {
					failure.Store(&err)
					return
				}
			}
		})
	}
	wg.Wait()
	r.check("the limit of time", r.ctx.Err())
	if err := failure.Load(); err != nil {
		r.check("fill", *err)
	}
}
