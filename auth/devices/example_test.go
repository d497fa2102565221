package devices_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/session"
)

// A stream of events ends with the login of its visitor, wherever that is ended.
func ExampleDevices_Watch() {
	var here *devices.Devices // that of the site: see New
	news := make(chan string)
	http.HandleFunc("GET /news", func(w http.ResponseWriter, r *http.Request) {
		login, stop, err := here.Watch(r)
		if err != nil {
			session.Abort(r, err)
		}
		defer stop()
		w.Header().Set("Content-Type", "text/event-stream")
		for out := http.NewResponseController(w); out.Flush() == nil; {
			select {
			case line := <-news:
				fmt.Fprintf(w, "data: %q\n\n", line)
			case <-login.Done():
				if errors.Is(context.Cause(login), devices.ErrEnded) {
					fmt.Fprint(w, "event: ended\ndata:\n\n")
				}
				return
			}
		}
	})
}
