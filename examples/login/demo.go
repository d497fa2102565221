package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/site"
)

const demoUser = "demo"

// makeDemoUser makes the user at the first start, as a member of the staff
// who may use the console. It returns the lines that tell a person how to log in; the password is
// shown only this once.
func makeDemoUser(ctx context.Context, web *site.Site) (string, error) {
	known, err := web.Users().ByUsername(ctx, demoUser)
	if err == nil { // by a version without a console, perhaps
		return "  User      " + demoUser + ", with the password that was shown at the first start;\n" +
				"            for another: go run ./cmd/jamsession changepassword " + demoUser + "\n",
			letIn(ctx, web, known)
	}
	if !errors.Is(err, auth.ErrUserNotFound) {
		return "", err
	}
	password := newPassword()
	hash, err := web.Hashers.Hash(ctx, password)
	if err != nil {
		return "", err
	}
	user := auth.User{
		Username: demoUser, Email: "demo@example.com", Password: hash, IsActive: true, IsStaff: true,
	}
	if user, err = web.Users().Create(ctx, user); err != nil {
		return "", err
	}
	if err := letIn(ctx, web, user); err != nil {
		return "", err
	}
	return fmt.Sprintf("  User      %s\n  Password  %s   (shown only now)\n", demoUser, password), nil
}

// letIn gives a user what the console asks for.
func letIn(ctx context.Context, web *site.Site, user auth.User) error {
	if _, err := web.Users().RegisterModel(ctx, "sessions", "session", ""); err != nil {
		return err
	}
	for _, may := range []string{"sessions.view_session", "sessions.delete_session"} {
		if err := web.Users().GrantToUser(ctx, user.ID, may); err != nil {
			return err
		}
	}
	return nil
}

// newPassword returns 80 random bits in groups that a person can type.
func newPassword() string {
	text := strings.ToLower(rand.Text())
	return strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:16]}, "-")
}
