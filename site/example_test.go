package site_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
)

// A whole site: users, sessions and protection of its forms, in one file.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	key, err := settings.DemoSecretKey(filepath.Join(dir, "secret_key"))
	if err != nil {
		panic(err)
	}
	s, err := settings.Load(settings.Sources{
		Flags:    map[string]string{"DATABASE_URL": "sqlite:///" + dir + "/db.sqlite3"},
		Defaults: map[string]string{"SECRET_KEY": key.Reveal()},
	})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	if err := site.Migrate(ctx, s, nil); err != nil {
		panic(err)
	}
	here, err := site.Open(ctx, s, nil)
	if err != nil {
		panic(err)
	}
	defer func() { _ = here.Close() }()
	home := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := session.Item[int]("visits").Update(session.From(r), 0, func(n int) int { return n + 1 })
		fmt.Fprintf(w, "visit number %d", n)
	})
	w := httptest.NewRecorder()
	here.Handler(home).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	fmt.Println(w.Body)
	// Output: visit number 1
}

// Options say what settings cannot: here that nobody logs in, so that no
// database is needed, and who answers a request whose session is not to be had.
func ExampleOptions() {
	s, err := settings.Load(settings.Sources{Flags: map[string]string{
		"SECRET_KEY":     "mkWzQ2v7TzfVnRr4pXoB9sEu1LhYjCd3GqA6tNwKiZ5xPyUf0e",
		"SESSION_ENGINE": "cache", "CACHE_URL": "memory://",
	}})
	if err != nil {
		panic(err)
	}
	here, err := site.Open(context.Background(), s, &site.Options{
		NoUsers: true,
		Sessions: func(o *session.Options) {
			o.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) {
				if later, ok := errors.AsType[*session.RetryError](err); ok {
					later.ServeHTTP(w, r) // a limit that was reached
					return
				}
				http.Error(w, "Come back in a minute.", http.StatusServiceUnavailable)
			}
		},
	})
	if err != nil {
		panic(err)
	}
	defer func() { _ = here.Close() }()
	w := httptest.NewRecorder()
	here.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		session.Abort(r, session.ErrUnavailable)
	})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	fmt.Print(w.Code, " ", w.Body)
	// Output: 503 Come back in a minute.
}
