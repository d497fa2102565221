package throttle

import (
	"net/http"

	"github.com/jamsession/jamsession/secret"
)

// AllowSource returns a function that takes one attempt from what a request's
// source has, and reports whether there was one. It is for requests that need no
// name, and that a handler serves in a reduced way if there is no attempt left:
// the function neither answers nor waits nor logs. If the store cannot be asked,
// it returns Options.FailOpen; for a visitor who has hung up, false. The
// parameters are those of [New].
//
// It fits session.Options.MayCreate, with a separate purpose. With
// [NewMemory] it costs a request no more than a lookup:
//
//	memory, err := throttle.NewMemory(100_000)
//	...
//	newcomers, err := throttle.AllowSource(memory, keys, &throttle.Options{
//		Purpose:   "new session",
//		PerSource: throttle.Limit{Burst: 1000, Every: time.Second},
//	})
//	...
//	sessions, err := session.New(store, &session.Options{MayCreate: newcomers})
//	...
func AllowSource(store Store, keys secret.Keys, o *Options) (func(r *http.Request) bool, error) {
	l, err := newLimiter(store, keys, o)
	if err != nil {
		return nil, err
	}
	return l.allowSource, nil
}

func (l *limiter) allowSource(r *http.Request) bool {
	key := l.bucketKey(bucketSource, l.source(r).String())
	wait, err := l.store.Take(r.Context(), key, l.opts.PerSource, l.now())
	if err != nil {
		return l.opts.FailOpen && r.Context().Err() == nil
	}
	return wait == 0
}
