package auth_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/session"
)

// A helpful validator tells in the program's words what it wants.
type helpful struct {
	password.Validator
	help string
}

func (h helpful) Help() string { return h.help }

// problem words what is wrong with a new password.
func problem(p *password.Problem) string {
	if p.Code == "password_too_short" {
		return fmt.Sprintf("Das Passwort braucht mindestens %d Zeichen.", p.Params["min_length"])
	}
	return p.Message // in English, rather than nothing
}

// showLater answers a limit that was reached: 429, or 503 if the site is busy.
func showLater(w http.ResponseWriter, later *session.RetryError) {
	text := "Zu viele Versuche."
	if later.Status == http.StatusServiceUnavailable {
		text = "Die Seite ist überlastet."
	}
	later.SetHeader(w.Header()) // Retry-After
	http.Error(w, fmt.Sprintf("%s Bitte in %.0f Sekunden noch einmal.", text, later.RetryAfter.Seconds()), later.Status)
}

// A site in another language words the help and the problems of passwords, and
// the limits.
func ExampleOptions_words() {
	length, err := password.MinLength(12)
	if err != nil {
		panic(err)
	}
	validators := []password.Validator{helpful{length, "Mindestens 12 Zeichen."}}
	logins, err := auth.New(newUsers(), keys, &auth.Options{
		Validators: validators, ProblemText: problem, Hashers: cheap(),
	})
	if err != nil {
		panic(err)
	}
	for _, v := range validators { // above the form
		fmt.Println(v.Help())
	}
	r := httptest.NewRequest(http.MethodPost, "/signup", nil)
	_, err = logins.SignUp(r, auth.User{Username: "carol"}, "short")
	if refused, ok := errors.AsType[*auth.PasswordError](err); ok { // beside the form
		fmt.Println(refused.Problems[0].Message)
	}
	w := httptest.NewRecorder()
	err = &session.RetryError{Status: http.StatusTooManyRequests, RetryAfter: 30 * time.Second} // of a limiter
	if later, ok := errors.AsType[*session.RetryError](err); ok {
		showLater(w, later)
	}
	fmt.Print(w.Code, " ", w.Body)
	// Output:
	// Mindestens 12 Zeichen.
	// Das Passwort braucht mindestens 12 Zeichen.
	// 429 Zu viele Versuche. Bitte in 30 Sekunden noch einmal.
}
