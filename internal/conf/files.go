package conf

import (
	"errors"
	"strconv"
)

// setFileUsers takes numbers, such as those that "id -u www-data" prints.
func setFileUsers(s *Settings, v value) error {
	items, err := v.list()
	if err != nil {
		return err
	}
	s.SessionFileAllowUsers = nil
	for _, item := range items {
		id, err := strconv.ParseUint(item, 10, 31)
		if err != nil {
			return errors.New(`want ids of users, such as "33"; "id -u www-data" prints one`)
		}
		s.SessionFileAllowUsers = append(s.SessionFileAllowUsers, int(id))
	}
	return nil
}
