package sqlusers_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	_ "modernc.org/sqlite"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/sqlusers"
)

func ExampleNew() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file::memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)

	if _, err := sqlusers.Migrate(ctx, db, nil); err != nil {
		log.Fatal(err)
	}
	users, err := sqlusers.New(ctx, db, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = users.Close() }()

	encoded, err := password.New(nil).Hash(ctx, "correct horse battery staple")
	if err != nil {
		log.Fatal(err)
	}
	user, err := users.Create(ctx, auth.User{
		Username: "john_doe",
		Email:    "john@Example.COM",
		Password: encoded,
		IsActive: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(user.ID, user, user.Email)

	_, err = users.Create(ctx, auth.User{Username: "john_doe"})
	fmt.Println(err)
	// Output:
	// 1 john_doe john@example.com
	// sqlusers: username is taken
}
