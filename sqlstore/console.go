package sqlstore

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/jamsession/jamsession/internal/sessionkey"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

// ClearExpired implements [session.Store] in batches, until no expired row is
// left. With an error it returns how many rows whole batches have deleted; how
// many a batch deleted that ctx interrupted is unknown. It gives up a batch that
// takes a minute.
func (s *store) ClearExpired(ctx context.Context, now time.Time) (int, error) {
	return batches{s.opts.ClearBatch, s.opts.ClearPause, func(ctx context.Context, limit int) (int, error) {
		n, err := s.model.ClearExpired(ctx, s.tidy, now, limit)
		if err != nil {
			err = fmt.Errorf("sqlstore: %w", err)
		}
		return n, err
	}}.run(ctx)
}

// listPage is how many rows List reads at once.
const listPage = 500

// List implements [session.Store]. It reads pages, and holds no connection
// while the body of the loop runs, which may save and delete sessions. A row
// that changes meanwhile is yielded as before or after the change. Rows whose
// key no program could have issued are left out, as Load does not find them
// either.
func (s *store) List(ctx context.Context) iter.Seq2[session.Record, error] {
	return s.ListAfter(ctx, "")
}

// ListAfter implements sessionlist.Lister.
func (s *store) ListAfter(ctx context.Context, after string) iter.Seq2[session.Record, error] {
	return func(yield func(session.Record, error) bool) {
		after := after // of each loop
		for {
			page, err := s.page(ctx, after)
			if err != nil {
				yield(session.Record{}, wrap(ctx, "list", err))
				return
			}
			for _, rec := range page {
				if sessionkey.WellFormed(rec.Key) && !yield(rec, nil) {
					return
				}
				after = rec.Key
			}
			if len(page) < listPage {
				return
			}
		}
	}
}

// page returns the next live rows after a key.
func (s *store) page(ctx context.Context, after string) ([]session.Record, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	rows, err := s.list.Query(ctx, after, s.now(), listPage)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var page []session.Record
	for rows.Next() {
		var rec session.Record
		expiry := s.db.Time()
		if err := rows.Scan(&rec.Key, &rec.Data, &expiry); err != nil {
			return nil, err
		}
		rec.Expiry = expiry.At
		page = append(page, rec)
	}
	return page, rows.Err()
}
