package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
)

// A userModel is the model of the site's users, in the words of its questions.
type userModel struct{ sqlusers.Model }

// isStock reports whether it is Django's own.
func (m userModel) isStock() bool { return m.Name == "auth.User" }

// has reports whether users have a field.
func (m userModel) has(field string) bool { return m.Columns[field] != "" }

// namesAreAddresses reports whether users log in by their address.
func (m userModel) namesAreAddresses() bool {
	return m.has("email") && m.Columns["email"] == m.Columns["username"]
}

// called is what a question calls a column: "full_name" is "Full name".
func called(column string) string {
	words := strings.ReplaceAll(column, "_", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}

// userFields are the values of --field, by column.
type userFields map[string]string

// fill asks for the required columns that have no value, or says which they are.
func (f userFields) fill(p *prompter, required []string) error {
	missing := slices.DeleteFunc(slices.Clone(required), func(column string) bool { return f[column] != "" })
	if p == nil && len(missing) > 0 {
		return fmt.Errorf("the model needs a value of %s: give --field %s=VALUE",
			strings.Join(missing, ", "), missing[0])
	}
	for _, column := range missing {
		answer, err := p.askUntil(called(column)+": ", "", func(answer string) error {
			if answer == "" {
				return errors.New("this needs a value")
			}
			return nil
		})
		if err != nil {
			return err
		}
		f[column] = answer
	}
	return nil
}

// into gives a user the values. The key is one of them if the program chooses it.
func (f userFields) into(user *auth.User, m userModel) {
	values := make(map[string]any)
	for _, column := range slices.Sorted(maps.Keys(f)) {
		if column == m.Columns["id"] {
			user.ID = f[column]
			continue
		}
		values[column] = f[column]
	}
	if len(values) > 0 {
		user.Custom = values
	}
}

// refused says in plain words what a user cannot be.
func refused(err error) error {
	if errors.Is(err, auth.ErrInvalidUser) {
		return errors.New(strings.TrimPrefix(err.Error(), "sqlusers: invalid: "))
	}
	return err
}
