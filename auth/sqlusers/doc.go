// Package sqlusers keeps users in a SQL database, in Django's table auth_user.
// A Django site and a Go program may use the table at the same time.
//
//	if _, err := sqlusers.Migrate(ctx, db, nil); err != nil { ... }
//	users, err := sqlusers.New(ctx, db, nil)
//	...
//	encoded, err := hashers.Hash(ctx, "correct horse battery staple")
//	...
//	user, err := users.Create(ctx, auth.User{
//		Username: "john_doe",
//		Email:    "john@example.com",
//		Password: encoded,
//		IsActive: true,
//	})
//
// A [Users] is the [auth.UserStore] that auth.NewModelBackend logs in from.
//
// The package links no driver. How to open SQLite is described in package
// sqlstore; both may use the same pools.
//
// # What is checked
//
// Django checks a user in its forms, so that code can store anything. Here
// [Users.Create] checks: a username has at most 150 characters, each a letter,
// a digit or one of @.+-_, and the other fields fit Django's columns. It
// refuses a password that is not encoded. What the table holds already is
// read as it is.
package sqlusers
