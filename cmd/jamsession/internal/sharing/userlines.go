package sharing

import (
	"slices"
	"strings"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/facts"
)

// stockModel is Django's own user model.
const stockModel = "auth.User"

// userLines are the settings AUTH_USER_*.
func (s site) userLines() []line {
	u := s.facts.User
	if u == nil {
		model, ok := s.django["AUTH_USER_MODEL"].(string)
		if !ok {
			return nil
		}
		return []line{quoted("AUTH_USER_MODEL", model)}
	}
	lines := []line{quoted("AUTH_USER_MODEL", u.Model)}
	if u.Case != "own" && u.Case != "" {
		lines = append(lines, quoted("AUTH_USER_CASE", u.Case))
	}
	if u.Model == stockModel {
		return lines
	}
	return append(
		lines,
		quoted("AUTH_USER_TABLE", wantedTable(u)),
		listed("AUTH_USER_COLUMNS", wantedColumns(u)),
		quoted("AUTH_USER_KEY_TYPE", wantedKeyType(u)),
		quoted("AUTH_USER_GROUPS", wantedLink(u, usedGroups(u), "groups", "group_id")),
		quoted("AUTH_USER_PERMISSIONS",
			wantedLink(u, usedPermissions(u), "user_permissions", "permission_id")),
	)
}

// wantedTable is empty if the table has the usual name.
func wantedTable(u *facts.User) string {
	if u.Table == tableOf(u.Model) {
		return ""
	}
	return u.Table
}

// tableOf returns the usual name of the table of a model.
func tableOf(model string) string { return strings.ToLower(strings.Replace(model, ".", "_", 1)) }

// userFields are the fields of a user that this program knows, by Django's names.
var userFields = []string{
	"id", "username", "email", "password", "last_login", "is_active", "is_staff", "is_superuser",
	"first_name", "last_name", "date_joined",
}

// columnOf returns the column of one of these fields; empty if there is none.
func columnOf(u *facts.User, field string) string {
	switch field {
	case "id":
		return u.Key.Column
	case "username":
		return u.Username.Column
	case "email":
		if u.Email == nil {
			return ""
		}
		return u.Email.Column
	}
	if f := u.Flags[field]; f != nil {
		return f.Column
	}
	i := slices.IndexFunc(u.Columns, func(c facts.Column) bool { return c.Name == field })
	if i < 0 {
		return ""
	}
	return u.Columns[i].Column
}

// wantedColumns are the fields whose columns do not follow from their names.
func wantedColumns(u *facts.User) []string {
	var list []string
	for _, field := range userFields {
		column := columnOf(u, field)
		taken := slices.ContainsFunc(u.Columns, func(c facts.Column) bool { return c.Column == field })
		if column != field && (column != "" || taken || field == "is_active" && alwaysActive(u)) {
			list = append(list, field+"="+column)
		}
	}
	return list
}

// alwaysActive reports whether Django keeps nobody out. Then this program wants to be told so.
func alwaysActive(u *facts.User) bool {
	f := u.Flags["is_active"]
	return f != nil && f.Value == true
}

// wantedKeyType is auto where the type of the column tells.
func wantedKeyType(u *facts.User) string {
	i := slices.IndexFunc(u.Columns, func(c facts.Column) bool { return c.Column == u.Key.Column })
	kind := ""
	if i >= 0 {
		kind = u.Columns[i].Type
	}
	isText := strings.HasPrefix(kind, "varchar") || strings.HasPrefix(kind, "character varying") ||
		kind == "text"
	switch u.Key.Kind {
	case "uuid":
		if kind == "uuid" {
			return "auto"
		}
		return "uuid"
	case "text":
		if isText {
			return "auto"
		}
		return "text"
	}
	return "auto"
}

// The models that a link can lead to. The keys of another mean something else: a team is not the
// group that has its number.
const (
	groupModel      = "auth.Group"
	permissionModel = "auth.Permission"
)

func usedGroups(u *facts.User) *facts.Link { return leadingTo(groupModel, u.Groups) }

func usedPermissions(u *facts.User) *facts.Link { return leadingTo(permissionModel, u.Permissions) }

func leadingTo(model string, l *facts.Link) *facts.Link {
	if l == nil || l.To != model {
		return nil
	}
	return l
}

// wantedLink is empty if a link table has the usual names.
func wantedLink(u *facts.User, l *facts.Link, suffix, other string) string {
	if l == nil {
		return "none"
	}
	_, model, _ := strings.Cut(u.Model, ".")
	usual := facts.Link{
		Table: u.Table + "_" + suffix, User: strings.ToLower(model) + "_id", Other: other, To: l.To,
	}
	if *l == usual {
		return ""
	}
	return writtenLink(l)
}

// writtenLink returns a link as the settings have it.
func writtenLink(l *facts.Link) string {
	if l == nil {
		return "none"
	}
	return l.Table + "(" + l.User + "," + l.Other + ")"
}
