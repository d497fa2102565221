package conf

import (
	"fmt"

	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/usermodel"
)

// UserTable returns the name of the table of users.
func (s *Settings) UserTable() string {
	if s.AuthUserTable != "" {
		return s.AuthUserTable
	}
	app, model, _ := usermodel.Split(s.AuthUserModel) // setUserModel has looked at it
	return app + "_" + model
}

// stockModel reports what is said of Django's own model, whose table is known.
func (s *Settings) stockModel() (problems []error) {
	if s.AuthUserModel != usermodel.Stock {
		return nil
	}
	for _, said := range []struct {
		name string
		is   bool
	}{
		{"AUTH_USER_TABLE", s.AuthUserTable != ""},
		{"AUTH_USER_COLUMNS", len(s.AuthUserColumns) > 0},
		{"AUTH_USER_KEY_TYPE", s.AuthUserKeyType != usermodel.KeyTypes[0]},
		{"AUTH_USER_GROUPS", s.AuthUserGroups != ""},
		{"AUTH_USER_PERMISSIONS", s.AuthUserPermissions != ""},
	} {
		if said.is {
			problems = append(problems, fmt.Errorf("settings: %s describes a model of the site's own:"+
				" set AUTH_USER_MODEL, too", said.name))
		}
	}
	return problems
}

func setUserModel(s *Settings, v value) error {
	name, err := v.text()
	if err == nil {
		_, _, err = usermodel.Split(name)
	}
	s.AuthUserModel = name
	return err
}

func setUserTable(s *Settings, v value) error {
	name, err := v.text()
	if err == nil && name != "" {
		_, err = djangodb.ParseTableName(name)
	}
	s.AuthUserTable = name
	return err
}

func setUserColumns(s *Settings, v value) error {
	entries, err := v.list()
	if err != nil || len(entries) == 0 {
		return err
	}
	s.AuthUserColumns, err = usermodel.Columns(entries)
	return err
}

// userLink takes a table of pairs.
func userLink(field func(*Settings) *string) func(*Settings, value) error {
	return into(field, func(v value) (string, error) {
		s, err := v.text()
		if err == nil {
			_, err = usermodel.ParseLink(s)
		}
		return s, err
	})
}
