package throttle_test

import (
	"context"
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

func ExampleNew() {
	attempts, err := throttle.NewMemory(100_000)
	if err != nil {
		log.Fatal(err)
	}
	limiter, err := throttle.New(attempts, keys,
		&throttle.Options{PerAccount: throttle.Limit{Burst: 2, Every: 5 * time.Minute}})
	if err != nil {
		log.Fatal(err)
	}
	login := func(w http.ResponseWriter, r *http.Request) {
		username := r.FormValue("username")
		attempt := auth.Attempt{Username: username, User: auth.User{ID: "1", Password: "hash"}} // as it was found
		if err := limiter.Check(r, attempt); err != nil {
			var answer http.Handler
			if !errors.As(err, &answer) { // the store is down
				answer = http.HandlerFunc(unavailable)
			}
			answer.ServeHTTP(w, r) // 429, or 503; session.Abort does the same
			return
		}
		if r.FormValue("password") != "correct horse" {
			http.Error(w, "Wrong username or password.", http.StatusForbidden)
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
	// 403 Wrong username or password.
	// 403 Wrong username or password.
	// 429 Too many attempts. Please try again in 5 minutes.
}

func unavailable(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "Login is not possible at the moment.", http.StatusServiceUnavailable)
}

func ExampleOptions_onLimited() {
	attempts, err := throttle.NewMemory(100_000)
	if err != nil {
		log.Fatal(err)
	}
	limiter, err := throttle.New(attempts, keys, &throttle.Options{
		PerAccount: throttle.Limit{Burst: 1, Every: time.Hour},
		OnLimited: func(_ *http.Request, bucket string, _ time.Duration) {
			fmt.Println("limited by the", bucket) // or count it
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/login", nil)
	for range 2 {
		err := limiter.Check(r, auth.Attempt{Username: "john_doe"})
		fmt.Println(errors.Is(err, throttle.ErrLimited))
	}
	// Output:
	// false
	// limited by the account
	// true
}

func ExampleOptions_proxies() {
	attempts, err := throttle.NewMemory(100_000)
	if err != nil {
		log.Fatal(err)
	}
	limiter, err := throttle.New(attempts, keys,
		&throttle.Options{
			TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		})
	if err != nil {
		log.Fatal(err)
	}
	_ = limiter
}

func ExampleNewMemory() {
	attempts, err := throttle.NewMemory(10_000)
	if err != nil {
		log.Fatal(err)
	}
	limiter, err := throttle.New(attempts, keys, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(limiter.Check(httptest.NewRequest("POST", "/login", nil), auth.Attempt{Username: "john_doe"}))
	// Output:
	// <nil>
}

// An administrator's page shows the limits of a name, and lifts them.
func ExampleLimiter() {
	attempts, err := throttle.NewMemory(100_000)
	if err != nil {
		log.Fatal(err)
	}
	limiter, err := throttle.New(attempts, keys, nil)
	if err != nil {
		log.Fatal(err)
	}
	for range 10 {
		r := httptest.NewRequest("POST", "/login", nil)
		if err := limiter.Check(r, auth.Attempt{Username: "john_doe"}); err != nil {
			log.Fatal(err)
		}
	}
	show := func() {
		limits, err := limiter.Limits(context.Background(), throttle.Subject{Name: "John_Doe"})
		for _, l := range limits {
			fmt.Println(l.Purpose, l.Bucket, l.Left, "of", l.Limit.Burst, err)
		}
	}
	show()
	if err := limiter.Lift(context.Background(), throttle.Subject{Name: "John_Doe"}); err != nil {
		log.Fatal(err)
	}
	show()
	// Output:
	// login account 0 of 10 <nil>
	// login account 10 of 10 <nil>
}
