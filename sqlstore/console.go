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

// ClearExpired implements [session.Store] by batches until nothing is left. With
// an error it returns how many rows it had deleted in whole batches; what a batch
// that ctx interrupted has deleted is not known. A batch that takes a minute is
// given up.
func (s *store) ClearExpired(ctx context.Context, now time.Time) (int, error) {
	total := 0
	for {
		n, err := s.db.ClearExpired(ctx, s.tidy, now, s.opts.ClearBatch)
		total += n
		if err != nil {
			return total, fmt.Errorf("sqlstore: clear expired: %w", err)
		}
		if n < s.opts.ClearBatch {
			return total, nil
		}
		if err := s.pause(ctx); err != nil {
			return total, wrap(ctx, "clear expired", err)
		}
	}
}

// pause lets others have the database between two batches.
func (s *store) pause(ctx context.Context) error {
	timer := time.NewTimer(s.opts.ClearPause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// listPage is how many rows List reads at once.
const listPage = 500

// List implements [session.Store]. It reads pages, and holds no connection
// while the loop runs: the loop may save and delete sessions. Rows that change
// meanwhile are seen as they were or as they are. Rows whose key no program
// could have issued are left out, as Load does not find them either.
func (s *store) List(ctx context.Context) iter.Seq2[session.Record, error] {
	return func(yield func(session.Record, error) bool) {
		after := ""
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

// page returns the first live rows whose key is after a key.
func (s *store) page(ctx context.Context, after string) ([]session.Record, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	rows, err := s.list.QueryContext(ctx, after, s.now(), listPage)
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
