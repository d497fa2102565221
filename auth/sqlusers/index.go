package sqlusers

import (
	"context"
	"log/slog"

	"github.com/jamsession/jamsession/internal/djangodb"
)

// emailIndexName is the index that [Migrate] makes, and [Plan] names.
const emailIndexName = "jamsession_auth_user_email"

// emailIndex finds the users with an address, in the order of their ids.
var emailIndex = djangodb.OwnIndex{Name: emailIndexName, Table: "auth_user", On: emailIndexOn}

// emailIndexOn has the id where it does not come with every index by itself.
func emailIndexOn(d djangodb.Dialect) string {
	switch d {
	case djangodb.PostgreSQL:
		return "UPPER(email), id"
	case djangodb.MySQL:
		return "email"
	default:
		return "UPPER(email)"
	}
}

// makeIndex makes the index, and returns what it has made. A program can start
// even if the database refuses: addresses are then found by reading the whole
// table.
func makeIndex(ctx context.Context, db djangodb.DB, logger *slog.Logger) ([]string, error) {
	made, err := db.MakeIndex(ctx, emailIndex)
	switch {
	case ctx.Err() != nil:
		return nil, djangodb.Wrap(ctx, "sqlusers: migrate", err)
	case err != nil:
		logger.WarnContext(ctx, "sqlusers: the index of email addresses cannot be made, so that each search"+
			" for one reads the whole table; let the owner of the table run the statement",
			slog.String("statement", emailIndex.DDL(db.Dialect)),
			slog.Any("error", djangodb.Wrap(ctx, "sqlusers: migrate", err)))
		return nil, nil
	case made:
		return []string{emailIndexName}, nil
	default:
		return nil, nil
	}
}
