package sqlusers

import (
	"strconv"

	"github.com/jamsession/jamsession/auth"
)

// parseID returns the primary key of the row that an [auth.User.ID] names. Its
// error is [auth.ErrInvalidUserID] if no row can have it.
func parseID(id string) (int64, error) {
	row, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0, auth.ErrInvalidUserID
	}
	return row, nil
}

// rowID returns the primary key of a user who was read from the table.
func rowID(user auth.User) int64 {
	row, _ := parseID(user.ID) // scan has written it
	return row
}
