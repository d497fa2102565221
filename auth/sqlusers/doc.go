// Package sqlusers keeps users, groups and permissions in a SQL database, in
// Django's tables. A Django site and a Go program may use them at the same time.
//
//	db := django.Database{DB: handle} // as for package sqlstore
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
// A [Users] is the [auth.UserStore] for auth.NewModelBackend, and the
// [auth.PermissionStore] behind [auth.HasPerm].
//
// The package does not link a driver. Package sqlstore describes how to open SQLite; both
// may use the same pools.
//
// # Groups and permissions
//
// They are rows of Django's tables auth_group, auth_permission and those that
// link them to users. Users have the permissions that were granted to them
// directly and those of their groups:
//
//	_, err = users.RegisterModel(ctx, "shop", "Order", "order") // at each start
//	...
//	editors, err := users.CreateGroup(ctx, "editors")
//	err = users.GrantToGroup(ctx, editors.ID, "shop.change_order")
//	err = users.AddToGroup(ctx, user.ID, editors.ID)
//
// A change that is already in effect is not an error, and writes nothing. Changes apply
// from the next request of the user on.
//
// # What is checked
//
// Django checks a user in its forms, so that code can store anything. Here [Users.Create]
// and [Users.Update] check: a username has at most 150 characters, each a letter, a digit
// or one of @.+-_, and the other fields fit Django's columns. Create refuses a password
// that is not encoded. Existing rows are read as they are.
package sqlusers
