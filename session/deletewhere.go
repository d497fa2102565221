package session

import (
	"context"
	"errors"
)

// DeleteWhere deletes the records of the sessions for which match returns
// true, and returns how many, even together with an error. It reads all records
// and locks none: others may log in and out meanwhile. It goes on until ctx is
// done. Sessions whose data is damaged are left alone. Match may only look at
// items; it is given a session without a key.
//
// The error is errors.ErrUnsupported, as it is or wrapped, if the store cannot list its
// records, and wraps [ErrUnavailable] if the store is unavailable.
func (m *Manager) DeleteWhere(ctx context.Context, match func(*Session) bool) (int, error) {
	n := 0
	for rec, err := range List(ctx, m.store) {
		if errors.Is(err, errors.ErrUnsupported) {
			return n, err
		}
		if err != nil {
			return n, unavailable("list", err)
		}
		items, err := m.parse(rec)
		if err != nil || !match(&Session{
			m: m, stored: version{Record: rec}, items: items, state: state{record: recordStored},
		}) {
			continue
		}
		err = m.deleteRecord(ctx, rec.Key)
		if errors.Is(err, ErrNotFound) {
			continue // somebody else has deleted it
		}
		if err != nil {
			return n, unavailable("delete", err)
		}
		m.observe(ctx, EventDeleted, rec.Key, 0)
		n++
	}
	return n, nil
}
