package conf

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jamsession/jamsession/internal/djangodb"
)

// setSessionTable takes a name as Django's db_table has it.
func setSessionTable(s *Settings, v value) error {
	name, err := v.text()
	if err != nil {
		return err
	}
	if _, err := djangodb.ParseTableName(name); err != nil {
		return err
	}
	s.SessionTable = name
	return nil
}

// setSessionColumns takes pairs of a column and the item that it gets.
func setSessionColumns(s *Settings, v value) error {
	pairs, err := v.list()
	if err != nil {
		return err
	}
	s.SessionColumns = nil
	for _, pair := range pairs {
		column, item, _ := strings.Cut(pair, "=")
		column, item = strings.TrimSpace(column), strings.TrimSpace(item)
		if item == "" || djangodb.CheckName(column) != nil {
			return errors.New(`want column=item, such as "account_id=_auth_user_id"`)
		}
		s.SessionColumns = append(s.SessionColumns, [2]string{column, item})
	}
	return nil
}

// setSessionSalt takes what a class of Django's has as its key_salt.
func setSessionSalt(s *Settings, v value) error {
	salt, err := v.text()
	if err == nil && salt == "" {
		err = errors.New(`want a text, such as "django.contrib.sessions." and the name of the class`)
	}
	s.SessionSalt = salt
	return err
}

// checkSessionColumns: only a table has columns.
func (s *Settings) checkSessionColumns() error {
	if len(s.SessionColumns) == 0 || s.SessionEngine == "db" || s.SessionEngine == "cached_db" {
		return nil
	}
	return fmt.Errorf("settings: SESSION_COLUMNS needs SESSION_ENGINE db or cached_db,"+
		" which have a table; it is %s", s.SessionEngine)
}
