// Package sqlusers keeps users, groups and permissions in a SQL database, in
// Django's tables: auth_user, or the table of any other user model. A Django site and a Go program
// may use them at the same time.
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
// # User models
//
// A Django site with an AUTH_USER_MODEL of its own has its users in another table. [Model] says
// which; what it leaves out is read from the table. Keys are numbers, UUIDs or texts; an [auth.User.ID] is
// always the text that Django's session holds. Further columns are a struct of the program's own:
//
//	type Profile struct {
//		FullName string     `db:"full_name"`
//		Born     *time.Time `db:"born"`
//	}
//
//	users, err := sqlusers.New(ctx, db, &sqlusers.Options{Model: sqlusers.Model{
//		Name:    "crew.Member",
//		Columns: map[string]string{"id": "member_no", "username": "email"},
//		Extra:   Profile{},
//	}})
//	...
//	user, err := users.Create(ctx, auth.User{
//		Username: "jane@example.com", IsActive: true, Custom: Profile{FullName: "Jane Doe"},
//	})
//	...
//	name := user.Custom.(Profile).FullName
//
// # What is checked
//
// Django checks a user in its forms, so that code can store anything. Here [Users.Create]
// and [Users.Update] check: a username has at most 150 characters, each a letter, a digit
// or one of @.+-_, and the other fields fit Django's columns. Names of another model than
// auth.User fit their column, and have no control characters and no spaces around them. Create refuses
// a password that is not encoded. Existing rows are read as they are.
package sqlusers
