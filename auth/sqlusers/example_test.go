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
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/secret"
)

func ExampleNew() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file::memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)

	if _, err := sqlusers.Migrate(ctx, django.Database{DB: db}, nil); err != nil {
		log.Fatal(err)
	}
	users, err := sqlusers.New(ctx, django.Database{DB: db}, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = users.Close() }()

	hashers, err := password.New(nil)
	if err != nil {
		log.Fatal(err)
	}
	encoded, err := hashers.Hash(ctx, "correct horse battery staple")
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

// Editors may change orders, and one of them may also refund.
func ExampleUsers_GrantToGroup() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file::memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	if _, err := sqlusers.Migrate(ctx, django.Database{DB: db}, nil); err != nil {
		log.Fatal(err)
	}
	users, err := sqlusers.New(ctx, django.Database{DB: db}, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = users.Close() }()
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}

	// When the program starts: what there is to be allowed.
	_, err = users.RegisterModel(ctx, "shop", "Order", "order")
	check(err)
	_, err = users.RegisterPermission(ctx, "shop", "Order", "refund_order", "Can refund orders")
	check(err)

	// What an administrator does.
	john, err := users.Create(ctx, auth.User{Username: "john_doe", IsActive: true})
	check(err)
	editors, err := users.CreateGroup(ctx, "editors")
	check(err)
	check(users.GrantToGroup(ctx, editors.ID, "shop.change_order"))
	check(users.AddToGroup(ctx, john.ID, editors.ID))
	check(users.GrantToUser(ctx, john.ID, "shop.refund_order"))

	// In a request it is auth.HasPerm(r, "shop.refund_order").
	keys, err := secret.NewKeys("a long random secret")
	check(err)
	logins, err := auth.New(users, keys, nil)
	check(err)
	may, err := logins.Permissions(ctx, john)
	check(err)
	fmt.Println(may.Names())
	fmt.Println(may.Has("shop.refund_order"), may.Has("shop.delete_order"))
	fmt.Println(users.GrantToUser(ctx, john.ID, "shop.refnud_order"))
	// Output:
	// [shop.change_order shop.refund_order]
	// true false
	// sqlusers: no such permission
}

// Only the named fields change.
func ExampleUsers_Update() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file::memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	if _, err := sqlusers.Migrate(ctx, django.Database{DB: db}, nil); err != nil {
		log.Fatal(err)
	}
	users, err := sqlusers.New(ctx, django.Database{DB: db}, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = users.Close() }()
	john, err := users.Create(ctx, auth.User{Username: "john_doe", IsActive: true})
	if err != nil {
		log.Fatal(err)
	}
	john, err = users.Update(ctx, john.ID, func(u *auth.User) {
		u.Email = "john@Example.COM"
		u.IsStaff = true
	})
	fmt.Println(john.Email, john.IsStaff, john.IsActive, err)
	// Output: john@example.com true true <nil>
}

// A Profile is what a program wants to know of a member.
type Profile struct {
	FullName string `db:"full_name"`
	Points   int    `db:"points"`
}

func ExampleModel() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file::memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(ctx, `CREATE TABLE crew_member ("member_no" char(32) NOT NULL PRIMARY KEY,
		"password" varchar(128) NOT NULL, "last_login" datetime NULL, "email" varchar(254) NOT NULL UNIQUE,
		"full_name" varchar(80) NOT NULL, "points" integer NULL, "is_active" bool NOT NULL)`) // by Django
	if err != nil {
		log.Fatal(err)
	}

	users, err := sqlusers.New(ctx, django.Database{DB: db}, &sqlusers.Options{Model: sqlusers.Model{
		Name:    "crew.Member",
		Columns: map[string]string{"id": "member_no", "username": "email"},
		KeyType: "uuid",
		Extra:   Profile{},
	}})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = users.Close() }()
	_, err = users.Create(ctx, auth.User{Username: "jane@example.com", IsActive: true})
	fmt.Println(err)
	user, err := users.Create(ctx, auth.User{
		Username: "jane@example.com", IsActive: true, Custom: Profile{FullName: "Jane Doe"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(user.ID), user.Email, user.Custom.(Profile).FullName, user.IsStaff)
	// Output:
	// sqlusers: invalid: full_name of crew_member must have a value; give it in User.Custom, see Model.Extra
	// 36 jane@example.com Jane Doe false
}
