// Package usermodel reads the words in which settings and package sqlusers describe the
// user model of a Django site.
package usermodel

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/internal/djangodb"
)

// Stock is the name of Django's own user model.
const Stock = "auth.User"

// Fields are the fields of a user that a column may have.
var Fields = []string{
	"id", "username", "email", "password", "last_login", "is_active", "is_staff", "is_superuser",
	"first_name", "last_name", "date_joined",
}

// KeyTypes are the kinds of primary keys, and Cases the rules for the case of names. The first of
// each is the default.
var (
	KeyTypes = []string{"auto", "integer", "uuid", "text"}
	Cases    = []string{"exact", "ignore", "lower"}
)

var label = regexp.MustCompile(`^([A-Za-z_]\w*)\.([A-Za-z_]\w*)$`)

// Split returns the app and the model of a name as AUTH_USER_MODEL has it, both in lower case.
func Split(name string) (app, model string, err error) {
	found := label.FindStringSubmatch(name)
	if found == nil {
		return "", "", errors.New(`want app.Model, such as "crew.Member"`)
	}
	return strings.ToLower(found[1]), strings.ToLower(found[2]), nil
}

// Columns reads "field=column", with "field=" for a field that has none.
func Columns(entries []string) (map[string]string, error) {
	columns := make(map[string]string)
	for _, entry := range entries {
		field, column, found := strings.Cut(entry, "=")
		field, column = strings.TrimSpace(field), strings.TrimSpace(column)
		_, twice := columns[field]
		switch {
		case !found:
			return nil, fmt.Errorf("want field=column, such as id=member_no, in place of %q", entry)
		case twice:
			return nil, fmt.Errorf("%s is there twice", field)
		}
		columns[field] = column
	}
	return columns, CheckColumns(columns)
}

// CheckColumns refuses fields that there are not, and names that cannot be quoted.
func CheckColumns(columns map[string]string) error {
	for field, column := range columns {
		switch {
		case !slices.Contains(Fields, field):
			return fmt.Errorf("there is no field %q; there are %s", field, strings.Join(Fields, ", "))
		case column == "" && slices.Contains([]string{"id", "username", "password"}, field):
			return fmt.Errorf("%s needs a column", field)
		case column == "":
			continue
		}
		if err := djangodb.CheckName(column); err != nil {
			return fmt.Errorf("column of %s: %w", field, err)
		}
	}
	return nil
}

// A Link is a table that says what belongs to which user. The zero Link is the one that Django
// makes for the model.
type Link struct {
	Table, User, Other string
	None               bool // the model has no such table
}

var link = regexp.MustCompile(`^([^(),]+)\(([^(),]+),([^(),]+)\)$`)

// ParseLink reads "table(user_column,other_column)", "none", or nothing.
func ParseLink(text string) (Link, error) {
	text = strings.TrimSpace(text)
	switch text {
	case "":
		return Link{}, nil
	case "none":
		return Link{None: true}, nil
	}
	found := link.FindStringSubmatch(text)
	if found == nil {
		return Link{}, errors.New("want table(user_column,other_column), such as" +
			" crew_member_groups(member_id,group_id), or none")
	}
	for i := range found {
		found[i] = strings.TrimSpace(found[i])
	}
	_, err := djangodb.ParseTableName(found[1])
	l := Link{Table: found[1], User: found[2], Other: found[3]}
	return l, errors.Join(err, djangodb.CheckName(l.User), djangodb.CheckName(l.Other))
}
