package throttle_test

import (
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/throttle"
)

func ExampleLimiter() {
	limiter, err := throttle.New(throttle.NewMemory(0), keys,
		&throttle.Options{PerAccount: throttle.Limit{Burst: 2, Every: 5 * time.Minute}})
	if err != nil {
		log.Fatal(err)
	}
	login := func(w http.ResponseWriter, r *http.Request) {
		username := r.FormValue("username")
		attempt := auth.NewAttempt(username, auth.User{ID: "1", Password: "hash"}) // as it was found
		if err := limiter.Check(r, attempt); err != nil {
			throttle.Respond(w, r, err)
			return
		}
		if r.FormValue("password") != "correct horse" {
			http.Error(w, "Please enter a correct username and password.", http.StatusForbidden)
			return
		}
		limiter.Succeeded(r, attempt)
		limiter.MakeKnown(w.Header(), r, attempt)
		fmt.Fprintln(w, "Welcome.")
	}
	for _, password := range []string{"guess", "another", "third"} {
		w := httptest.NewRecorder()
		login(w, httptest.NewRequest("POST", "/login?username=john_doe&password="+password, nil))
		fmt.Print(w.Code, " ", w.Body)
	}
	// Output:
	// 403 Please enter a correct username and password.
	// 403 Please enter a correct username and password.
	// 429 Too many attempts. Please try again in 5 minutes.
}

func ExampleLimitedError() {
	limiter, err := throttle.New(throttle.NewMemory(0), keys,
		&throttle.Options{PerAccount: throttle.Limit{Burst: 1, Every: time.Hour}})
	if err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/login", nil)
	for range 2 {
		err := limiter.Check(r, auth.Attempt{Username: "john_doe"})
		var limited *throttle.LimitedError
		if errors.As(err, &limited) {
			fmt.Println("limited by the", limited.Bucket)
		}
	}
	// Output:
	// limited by the account
}

func ExampleOptions_proxies() {
	limiter, err := throttle.New(throttle.NewMemory(0), keys,
		&throttle.Options{
			TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
			OnLimited: func(r *http.Request, err *throttle.LimitedError) {
				log.Print("too many attempts, by the ", err.Bucket) // or count it
			},
		})
	if err != nil {
		log.Fatal(err)
	}
	_ = limiter
}

func ExampleNewMemory() {
	limiter, err := throttle.New(throttle.NewMemory(10_000), keys, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(limiter.Check(httptest.NewRequest("POST", "/login", nil), auth.Attempt{Username: "john_doe"}))
	// Output:
	// <nil>
}
