package throttle

import "net/http"

// AllowSource takes one attempt from what the request's source has, and reports
// whether there was one. It is for requests that need no name, and that a
// handler serves in a reduced way if there is no attempt left: AllowSource
// neither answers nor waits nor logs. If the store cannot be asked, it returns
// Options.FailOpen; for a visitor who has hung up, false.
//
// It fits session's Options.MayCreate, with a purpose of its own. With a
// [Memory] it costs a request no more than a lookup:
//
//	newcomers, err := throttle.New(throttle.NewMemory(0), keys, &throttle.Options{
//		Purpose:   "new session",
//		PerSource: throttle.Limit{Burst: 1000, Every: time.Second},
//	})
//	...
//	sessions, err := session.New(store, &session.Options{MayCreate: newcomers.AllowSource})
//	...
func (l *Limiter) AllowSource(r *http.Request) bool {
	key := l.bucketKey(BucketSource, l.source(r).String())
	wait, err := l.store.Take(r.Context(), key, l.opts.PerSource, l.opts.Now())
	if err != nil {
		return l.opts.FailOpen && r.Context().Err() == nil
	}
	return wait == 0
}
