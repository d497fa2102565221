package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jamsession/jamsession/auth"
)

// A staffBackend lets nobody else in: it embeds the backend of Django's users,
// and does one thing otherwise.
type staffBackend struct{ auth.ModelBackend }

func (b staffBackend) Authenticate(ctx context.Context, username, password string) (auth.User, error) {
	user, err := b.ModelBackend.Authenticate(ctx, username, password)
	if err == nil && !user.IsStaff {
		err = auth.ErrDenied
	}
	return user, err
}

func ExampleNewModelBackend() {
	users, hashers := newUsers(alice()), cheap() // of sqlusers.New and password.New, in a program
	model, err := auth.NewModelBackend(users, hashers)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = staffBackend{model}.Authenticate(context.Background(), "alice", "wonderland")
	fmt.Println("denied:", errors.Is(err, auth.ErrDenied))
	fmt.Println("name:", strings.TrimPrefix(model.Name(), "django.contrib."))
	// Output:
	// denied: true
	// name: auth.backends.ModelBackend
}
