package sqlusers

import (
	"context"
	"log/slog"

	"github.com/jamsession/jamsession/internal/djangodb"
)

// makeIndex makes the index, and returns what it has made. A program can start
// even if the database refuses: addresses are then found by reading the whole
// table.
func makeIndex(
	ctx context.Context, db djangodb.DB, x djangodb.OwnIndex, logger *slog.Logger,
) ([]string, error) {
	if x.Name == "" {
		return nil, nil // the model has no addresses
	}
	made, err := db.MakeIndex(ctx, x)
	switch {
	case ctx.Err() != nil:
		return nil, djangodb.Wrap(ctx, "sqlusers: migrate", err)
	case err != nil:
		logger.WarnContext(ctx, "sqlusers: the index of email addresses cannot be made, so that each search"+
			" for one reads the whole table; let the owner of the table run the statement",
			slog.String("statement", x.DDL(db.Dialect)),
			slog.Any("error", djangodb.Wrap(ctx, "sqlusers: migrate", err)))
		return nil, nil
	case made:
		return []string{x.Name}, nil
	default:
		return nil, nil
	}
}
