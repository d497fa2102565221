package httpcache

import "net/http"

// Push is the Push of the first writer that has one, of those in w.
func Push(w http.ResponseWriter, target string, opts *http.PushOptions) error {
	if p, ok := find[http.Pusher](w); ok {
		return p.Push(target, opts)
	}
	return http.ErrNotSupported
}

// CloseNotify is the CloseNotify of the first writer that has one, of those in w. If none
// has, nobody ever hears of the visitor's leaving. Frameworks such as gin still ask for
// it, and panic without it.
func CloseNotify(w http.ResponseWriter) <-chan bool {
	if n, ok := find[interface{ CloseNotify() <-chan bool }](w); ok {
		return n.CloseNotify()
	}
	return make(chan bool)
}

func find[T any](w http.ResponseWriter) (found T, ok bool) {
	for {
		if found, ok = w.(T); ok {
			return found, true
		}
		inner, wraps := w.(interface{ Unwrap() http.ResponseWriter })
		if !wraps {
			return found, false
		}
		w = inner.Unwrap()
	}
}
