package pgstore

import (
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/sessionmodel"
)

// statements are the statements of a store, with $1, $2 and so on.
type statements struct {
	one, many             string // loads
	insert, inPlace, move string
	remove                string
}

func statementsOn(m *sessionmodel.Model) statements {
	rows := "SELECT session_key, session_data, expire_date FROM " + m.Table
	const same = "session_key = ? AND session_data = ? AND expire_date > ?"
	s := statements{
		one:     rows + " WHERE session_key = ? AND expire_date > ?",
		many:    rows + " WHERE session_key = ANY(?) AND expire_date > ?",
		insert:  m.Insert(),
		inPlace: m.Update(same),
		move:    m.Move(same),
		remove:  "DELETE FROM " + m.Table + " WHERE session_key = ? AND expire_date > ?",
	}
	for _, text := range []*string{&s.one, &s.many, &s.insert, &s.inPlace, &s.move, &s.remove} {
		*text = djangodb.PostgreSQL.Rebind(*text)
	}
	return s
}
