package throttle

import (
	"net/http"

	"github.com/jamsession/jamsession/secret"
)

// AllowSource returns a function that takes one attempt from the bucket of a
// request's source, and reports whether there was one. It is for requests
// without a user name that a handler can serve in a reduced way if no attempt is
// left: the function neither answers nor waits nor logs. It returns
// Options.FailOpen if the store is unavailable, and false for a visitor who has
// hung up. The parameters are those of [New].
//
// Use it for session.Options.MayCreate, with a separate purpose. With
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
