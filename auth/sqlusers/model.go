package sqlusers

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/internal/usermodel"
)

// A Model is the user model of a Django site, for [Options]. The zero Model is Django's own, auth.User.
// A table of another model is made by Django: [Migrate] never makes it, nor changes it beyond an index.
// What does not fit the table is an error of [New].
type Model struct {
	// Name is AUTH_USER_MODEL, such as "crew.Member". Empty is auth.User, of which all other fields but
	// LowerNames and Extra are empty.
	Name string

	// Table is the db_table of the model, as Django has it, or with a point after its schema. Empty is
	// its app and name in lower case: crew_member.
	Table string

	// Columns has the column of each field whose column is not called as the field. The fields are id
	// (the primary key), username (USERNAME_FIELD), email (EMAIL_FIELD), password, last_login, is_active,
	// is_staff, is_superuser, first_name, last_name and date_joined; username and email may have the
	// same column, and so may id and username. A field that the table has no column for, or whose column
	// is empty here, does not exist. Without is_active everybody is active, which must be said here, by
	// an empty column; without is_staff and is_superuser nobody is staff, and without last_login no time
	// of a login is kept.
	Columns map[string]string

	// KeyType is "integer", "uuid" or "text". Empty takes it from the column; only a char(32) does
	// not tell a UUIDField from a CharField.
	KeyType string

	// LowerNames: the model's manager stores names in lower case, and looks them up so.
	LowerNames bool

	// Groups and Permissions are the tables of the users' groups and permissions, each as
	// "table(user_column,group_column)". Empty is what Django makes, crew_member_groups(member_id,group_id)
	// and crew_member_user_permissions(member_id,permission_id), or none if the model has no such
	// table. "none" is none: say so of groups that are not auth.Group, since their numbers are not
	// those of Django's groups.
	Groups, Permissions string

	// Extra is a struct of the program's own type, whose fields have the names of further columns as
	// their tags, such as `db:"full_name"`. Each user that is read has such a struct as User.Custom,
	// and Create and Update store it. What may be NULL is a pointer, or the zero value then. Nil
	// reads no further columns; then User.Custom of a user to create may be a map[string]any, with
	// values by column.
	Extra any
}

// Model returns what the options say, with all that was found out: the name of the table, its columns,
// with "" for a field that does not exist, the type of the key, and the tables of groups and
// permissions.
func (u *Users) Model() Model {
	m := u.table.model
	m.Columns = maps.Clone(m.Columns)
	return m
}

// Required returns the columns, beside those of [auth.User], that each new user must be given a value
// for in User.Custom.
func (u *Users) Required() (columns []string) {
	for _, c := range u.table.all {
		if c.IsRequired() && !u.table.isField(c.Name) {
			columns = append(columns, c.Name)
		}
	}
	return columns
}

// isStock reports whether the model is Django's own, and refuses what would describe another.
func (m Model) isStock() (bool, error) {
	if m.Name != "" && m.Name != usermodel.Stock {
		return false, nil
	}
	if m.Table != "" || len(m.Columns) > 0 || !isAuto(m.KeyType) || m.Groups != "" || m.Permissions != "" {
		return true, fmt.Errorf("sqlusers: Model describes a table other than auth_user, and has no Name:" +
			" write AUTH_USER_MODEL")
	}
	return true, nil
}

// isAuto reports whether the column tells what the keys are.
func isAuto(keyType string) bool {
	return slices.Contains([]string{"", usermodel.KeyTypes[0]}, keyType)
}

// named returns the model with the names of what it leaves to Django.
func (m Model) named() (_ Model, label string, err error) {
	if m.Name == "" {
		m.Name = usermodel.Stock
	}
	app, label, err := usermodel.Split(m.Name)
	if err != nil {
		return m, "", fmt.Errorf("sqlusers: Model.Name %q (AUTH_USER_MODEL): %w", m.Name, err)
	}
	if m.Table == "" {
		m.Table = app + "_" + label
	}
	if err := usermodel.CheckColumns(m.Columns); err != nil {
		return m, "", fmt.Errorf("sqlusers: Model.Columns (AUTH_USER_COLUMNS): %w", err)
	}
	return m, label, nil
}

// settingOf says where a program says of a field what its column is.
func settingOf(field string) string {
	return "write " + field + "=column in AUTH_USER_COLUMNS, or Model.Columns"
}

// listed names columns for an error.
func listed(names []string) string { return strings.Join(names, ", ") }
