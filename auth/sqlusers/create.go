package sqlusers

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jamsession/jamsession/internal/uuidtext"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
)

// CheckNew returns the user as [Users.Create] would store it, without an ID that was not
// given and without looking at the password, and stores nothing. Its errors are those of
// Create. A nil error is not a promise, since somebody else may take the name first. A field
// that does not fit is found before the table is asked.
func (u *Users) CheckNew(ctx context.Context, user auth.User) (auth.User, error) {
	given := user.ID
	user, err := u.asStored(user)
	if err != nil {
		return auth.User{}, err
	}
	if _, err := u.newRow(user); err != nil {
		return auth.User{}, err
	}
	if err := u.checkFree(ctx, user.Username, ""); err != nil {
		return auth.User{}, err
	}
	user.ID = given
	return user, nil
}

// Create stores a new user and returns it as it is stored: with its ID, with
// [NormalizeUsername] applied, the domain of the email in lower case, and DateJoined now if
// it was zero. Password is the encoded hash; if it is empty, the user gets an
// unusable one. IsActive is stored as it is given. For people who sign up, call
// [auth.Manager.SignUp], which calls it.
//
// Its error is [auth.ErrUserExists] if the username is taken, and wraps
// [auth.ErrInvalidUser] if a field does not fit. "Admin" is taken if there is an "admin", as
// in Django's form since 4.2; of two calls at the same moment, with names that differ in case
// only, both may succeed where the database tells them apart.
//
// With a Model, Custom may have the further columns; one that a row must have is an
// [auth.ErrInvalidUser] that names it, and so is what the model has no column for. An
// [auth.ErrUserExists] may be about any value that must be unique there. A key that is
// a text must be given as ID, unless it is the username or has a default; a UUID is made.
func (u *Users) Create(ctx context.Context, user auth.User) (auth.User, error) {
	user, err := u.asStored(user)
	if err != nil {
		return auth.User{}, err
	}
	if user.Password == "" {
		user.Password = password.MakeUnusable()
	}
	if err := u.checkPassword(user.Password); err != nil {
		return auth.User{}, err
	}
	row, err := u.newRow(user)
	if err != nil {
		return auth.User{}, err
	}
	if err := u.checkFree(ctx, user.Username, ""); err != nil {
		return auth.User{}, err
	}
	return u.create(ctx, row)
}

// asStored returns a new user as it would be stored, except for the password.
// Its error wraps auth.ErrInvalidUser if a field does not fit.
func (u *Users) asStored(user auth.User) (auth.User, error) {
	var err error
	if user.Username, user.Email, err = u.names(user.Username, user.Email); err != nil {
		return auth.User{}, err
	}
	if user.DateJoined.IsZero() && u.table.has("date_joined") {
		user.DateJoined = time.Now()
	}
	if user.ID, err = u.newKey(user); err != nil {
		return auth.User{}, err
	}
	if err := u.check(user); err != nil {
		return auth.User{}, err
	}
	return user, u.checkExist(user)
}

// newKey returns the key of a new user in the form of a session; "" if the database chooses it.
func (u *Users) newKey(user auth.User) (string, error) {
	k, given := u.table.key, user.ID != ""
	isName := u.table.sameColumn("id", "username")
	byDatabase := k.HasDefault || u.table.stock // of which a view knows no default
	chosen := byDatabase && (k.kind == integerKey || u.table.returning() != "")
	switch {
	case isName && given && user.ID != user.Username:
		return "", invalid("id", "is not the username, which is the key")
	case isName:
		user.ID = user.Username
	case given && k.kind == integerKey && byDatabase:
		return "", invalid("id", "is given; the database chooses it")
	case !given && chosen:
		return "", nil
	case !given && (k.kind == uuidKey || k.kind == hexKey):
		return uuidtext.New().String(), nil
	case !given:
		return "", invalid("id", "is missing: the program chooses the keys of "+u.table.model.Name)
	}
	_, err := k.args(user.ID)
	_, fits := k.Fit(u.db, user.ID)
	tooLong := k.kind == textKey && longer(user.ID, u.table.width("id"))
	if err != nil || k.kind == integerKey && !fits || tooLong {
		return "", invalid("id", "does not fit the column of keys")
	}
	return k.canonical(user.ID), nil
}

// checkExist refuses what would be lost, since the model has no column for it.
func (u *Users) checkExist(user auth.User) error {
	for _, f := range []struct {
		name  string
		given bool
	}{
		{"email", user.Email != ""},
		{"first_name", user.FirstName != ""},
		{"last_name", user.LastName != ""},
		{"last_login", !user.LastLogin.IsZero()},
		{"date_joined", !user.DateJoined.IsZero()},
		{"is_staff", user.IsStaff},
		{"is_superuser", user.IsSuperuser},
		{"is_active", !user.IsActive},
	} {
		if f.given && !u.table.has(f.name) {
			return u.noColumn(f.name)
		}
	}
	return nil
}

// noColumn says that a field cannot have what was given for it.
func (u *Users) noColumn(field string) error {
	if field == "is_active" {
		return invalid(field, "is false, but "+u.table.model.Name+" has no such column: everybody is active")
	}
	return invalid(field, "is given, but "+u.table.model.Name+" has no such column")
}

// A newRow is what to insert for a new user.
type newRow struct {
	id      string // empty: the database chooses it
	columns []setting
}

// newRow returns the columns of a user as asStored returned them. Its error names those that are
// missing.
func (u *Users) newRow(user auth.User) (newRow, error) {
	row := newRow{id: user.ID}
	add := func(name string, value any) {
		f, ok := u.table.fields[name]
		if ok && !has(row.columns, f.Name) { // the username may be the key, or the email
			row.columns = append(row.columns, setting{f.Field, f.column, value})
		}
	}
	if row.id != "" {
		args, err := u.table.key.args(row.id)
		if err != nil {
			return newRow{}, invalid("id", "does not fit the column of keys")
		}
		add("id", args[0])
	}
	add("password", user.Password)
	add("last_login", u.bindTime(u.table.fields["last_login"].Field, user.LastLogin))
	add("is_superuser", user.IsSuperuser)
	add("username", user.Username)
	add("first_name", user.FirstName)
	add("last_name", user.LastName)
	add("email", u.orNull("email", user.Email))
	add("is_staff", user.IsStaff)
	add("is_active", user.IsActive)
	add("date_joined", u.bindTime(u.table.fields["date_joined"].Field, user.DateJoined))
	further, err := u.ofCustom(user.Custom, nil)
	if err != nil {
		return newRow{}, err
	}
	row.columns = append(row.columns, further...)
	if missing := u.missing(row.columns); len(missing) > 0 {
		return newRow{}, invalid(listed(missing), "of "+u.table.model.Table+" must have a value;"+
			" give it in User.Custom, see Model.Extra")
	}
	return row, nil
}

// orNull returns a text, or NULL if it is empty and may be: of texts that are unique there is one
// that is empty, as in a model whose users may have no address.
func (u *Users) orNull(field, text string) any {
	if text == "" && u.table.has(field) && !u.table.fields[field].Required {
		return nil
	}
	return text
}

// returning is what ends an INSERT that returns the key; empty if the database cannot.
func (t *table) returning() string { return t.on.Returning(t.key.read()) }

// missing returns the columns that a new row needs a value for and has none.
func (u *Users) missing(given []setting) (names []string) {
	for _, c := range u.table.all {
		isGiven := func(s setting) bool { return s.Name == c.Name && s.value != nil }
		if c.IsRequired() && !slices.ContainsFunc(given, isGiven) {
			names = append(names, c.Name)
		}
	}
	return names
}

func (u *Users) create(ctx context.Context, row newRow) (auth.User, error) {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	id, err := u.insert(ctx, row)
	if err != nil {
		return auth.User{}, u.notStored(ctx, "create", err)
	}
	args, err := u.table.key.args(id)
	if err != nil {
		return auth.User{}, err
	}
	// Read back, so that times come back as the table keeps them. The writer
	// reads, since it is sure to see its own row.
	return u.one(ctx, u.asked(ctx).inserted, args)
}

// notStored returns the error for a row that could not be stored.
func (u *Users) notStored(ctx context.Context, doing string, err error) error {
	switch {
	case u.db.Dialect.IsUnique(err):
		return errUserExists
	case u.db.Dialect.RefusesValue(err):
		return invalid("a value", "is refused by a rule of "+u.table.model.Table+
			", such as a CHECK or a reference to a row of another table")
	default:
		return wrap(ctx, doing, err)
	}
}

// insert stores a row, and returns its key.
func (u *Users) insert(ctx context.Context, row newRow) (string, error) {
	names, marks, args := make([]string, 0), make([]string, 0), make([]any, 0)
	for _, s := range row.columns {
		names, marks, args = append(names, s.quoted), append(marks, "?"), append(args, s.value)
	}
	query := "INSERT INTO " + u.table.quoted + " (" + strings.Join(names, ", ") + ") VALUES (" +
		strings.Join(marks, ", ") + ")"
	if row.id != "" {
		_, err := u.exec(ctx, query, args...)
		return row.id, err
	}
	if u.table.key.kind == integerKey {
		id, err := u.db.Writer(query+u.table.returning()).InsertID(ctx, args...)
		return strconv.FormatInt(id, 10), err
	}
	id := keyText{kind: u.table.key.kind}
	err := u.db.Writer(query+u.table.returning()).One(ctx, args, &id)
	return id.text, err
}
