package sessionmodel

import "strings"

// The statements that write a record are written with ?. Insert takes the key,
// the data and the expiry; Update the data and the expiry, and Move the new key
// before them. Behind these come what [Model.Fill] appends, and then in Update
// and Move what the condition takes.

// Insert returns the statement that adds a record.
func (m *Model) Insert() string {
	names, params := "", ""
	for _, f := range m.filled {
		names += ", " + f.quoted
		params += ", " + f.param
	}
	return "INSERT INTO " + m.Table + " (session_key, session_data, expire_date" + names +
		") VALUES (?, ?, ?" + params + ")"
}

// Update returns the statement that replaces a record where a condition is true.
func (m *Model) Update(where string) string {
	return "UPDATE " + m.Table + " SET session_data = ?, expire_date = ?" + m.sets() + " WHERE " + where
}

// Move returns the statement that also changes the key.
func (m *Model) Move(where string) string {
	return "UPDATE " + m.Table + " SET session_key = ?, session_data = ?, expire_date = ?" + m.sets() +
		" WHERE " + where
}

func (m *Model) sets() string {
	var b strings.Builder
	for _, f := range m.filled {
		b.WriteString(", " + f.quoted + " = " + f.param)
	}
	return b.String()
}
