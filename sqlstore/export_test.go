package sqlstore

import (
	"context"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/sessionmodel"
)

// Plan is what Migrate would make.
func Plan(ctx context.Context, db django.Database) ([]string, error) {
	d, err := djangodb.New(db)
	if err != nil {
		return nil, err
	}
	return d.PlanSessions(ctx)
}

// CountExpired is what the command shows its progress by.
func CountExpired(ctx context.Context, db django.Database, now time.Time) (int, error) {
	d, err := djangodb.New(db)
	if err != nil {
		return 0, err
	}
	m, err := sessionmodel.Open(ctx, d, "")
	if err != nil {
		return 0, err
	}
	return m.CountExpired(ctx, now)
}

// ClearExpiredBatch is what the command does in a loop.
func ClearExpiredBatch(ctx context.Context, db django.Database, now time.Time, limit int) (int, error) {
	d, err := djangodb.New(db)
	if err != nil {
		return 0, err
	}
	m, err := sessionmodel.Open(ctx, d, "")
	if err != nil {
		return 0, err
	}
	stmt, err := m.PrepareClearing(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = stmt.Close() }()
	return m.ClearExpired(ctx, stmt, now, limit)
}
