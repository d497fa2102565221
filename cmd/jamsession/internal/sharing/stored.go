package sharing

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/internal/djangodb"
)

// Stored is what the table of users says about the passwords in it.
type Stored struct {
	Users  int // how many were looked at
	Hashes map[Hash]int
}

// A Hash is a kind of password hash: nothing of the hash itself.
type Hash struct {
	Algorithm string
	Cost      string // of PBKDF2: the iterations
}

// maxUsers is how many users are looked at, the newest first.
const maxUsers = 10_000

// ReadStored looks at the newest users, of all databases in the same way. Where keys
// are not counted up, it looks at some.
func ReadStored(
	ctx context.Context, db *sql.DB, of django.Dialect, here *conf.Settings,
) (*Stored, error) {
	dialect, name := djangodb.Dialect(of), here.UserTable()
	table, err := dialect.TableName(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	column := func(field string) string {
		return dialect.Quote(cmp.Or(here.AuthUserColumns[field], field))
	}
	rows, err := db.QueryContext(ctx, fmt.Sprintf("SELECT %s FROM %s ORDER BY %s DESC LIMIT %d",
		column("password"), dialect.QuoteTable(table), column("id"), maxUsers))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer func() { _ = rows.Close() }()
	stored := &Stored{Hashes: make(map[Hash]int)}
	for rows.Next() {
		var encoded string
		if err := rows.Scan(&encoded); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		stored.Users++
		if kind, ok := kindOf(encoded); ok {
			stored.Hashes[kind]++
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return stored, nil
}

// kindOf returns the parts of a hash that are not secret; false if the
// password is unusable, or the text does not have one of Django's forms:
// nothing of it is shown then.
func kindOf(encoded string) (Hash, bool) {
	if encoded == "" || encoded[0] == '!' {
		return Hash{}, false
	}
	algorithm, rest, ok := strings.Cut(encoded, "$")
	switch {
	case !ok && len(encoded) == 32 || strings.HasPrefix(encoded, "md5$$"):
		return Hash{Algorithm: "unsalted_md5"}, true
	case strings.HasPrefix(encoded, "sha1$$"):
		return Hash{Algorithm: "unsalted_sha1"}, true
	case !ok || !isName(algorithm):
		return Hash{}, false
	case !strings.HasPrefix(algorithm, "pbkdf2_"):
		return Hash{Algorithm: algorithm}, true
	}
	cost, _, _ := strings.Cut(rest, "$")
	return Hash{algorithm, cost}, true
}

// isName keeps what might be a secret in an unknown form out of findings.
func isName(text string) bool {
	return len(text) <= 30 && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
