package djangodb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
)

// EmailIndex finds the users with an address, in the order of their ids. It has
// the id where that does not come with every index by itself.
func EmailIndex(table TableName, email, id string) OwnIndex {
	return OwnIndex{
		Name: emailIndexName(table.String()), Table: table, Column: email,
		On: func(d Dialect) string {
			switch d {
			case PostgreSQL:
				return "UPPER(" + d.Quote(email) + "), " + d.Quote(id)
			case MySQL:
				return d.Quote(email)
			default:
				return "UPPER(" + d.Quote(email) + ")"
			}
		},
	}
}

// EmailIndexName matches the names of such indexes.
var EmailIndexName = regexp.MustCompile(`^jamsession_.*_email$`)

var plainName = regexp.MustCompile(`^[a-z0-9_]+$`)

// emailIndexName returns a name that every database takes, and that no other table's index has.
func emailIndexName(table string) string {
	if len(table) > 45 || !plainName.MatchString(table) {
		sum := sha256.Sum256([]byte(table))
		table = hex.EncodeToString(sum[:8])
	}
	return "jamsession_" + table + "_email"
}

// LoginFloors has the floors of logins, in seconds since 1970, by the ID of the
// user. The floor of the empty ID is everybody's.
var LoginFloors = OwnTable{
	Name:    "jamsession_login_floor",
	Columns: []string{"user_key", "not_before"},
	DDL: func(d Dialect) []string {
		column, engine := "varchar(255)", ""
		if d == MySQL {
			column, engine = "varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", " ENGINE=InnoDB"
		}
		return []string{"CREATE TABLE jamsession_login_floor (user_key " + column +
			" NOT NULL PRIMARY KEY, not_before bigint NOT NULL)" + engine}
	},
}

// Throttle has the name of each bucket of attempts that is not full, and the
// instant at which it will be, in microseconds since 1970.
var Throttle = OwnTable{
	Name:    "jamsession_throttle",
	Columns: []string{"bucket", "full_at"},
	DDL: func(d Dialect) []string {
		if d == MySQL { // which commits at each statement, so that there is one
			return []string{"CREATE TABLE jamsession_throttle (" +
				"bucket varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY, " +
				"full_at bigint NOT NULL, KEY jamsession_throttle_full_at (full_at)) ENGINE=InnoDB"}
		}
		return []string{
			"CREATE TABLE jamsession_throttle (bucket varchar(64) NOT NULL PRIMARY KEY, " +
				"full_at bigint NOT NULL)",
			"CREATE INDEX jamsession_throttle_full_at ON jamsession_throttle (full_at)",
		}
	},
}

// Devices has the logins that are alive, see package devices. Its times are in
// microseconds since 1970, but not_before, which is compared with that of LoginFloors. A
// row without a user is not a login: logins of one user wait for each other on it, or, if it
// has the key of a session, that is still to be deleted.
var Devices = OwnTable{
	Name: "jamsession_device",
	Columns: []string{
		"id", "user_key", "created", "seen", "expires", "not_before",
		"address", "agent", "method", "name", "sealed",
	},
	DDL: func(d Dialect) []string {
		id, engine, key := "varchar(26)", "", ""
		if d == MySQL { // which commits at each statement, so that there is one
			id = "varchar(26) CHARACTER SET ascii COLLATE ascii_bin"
			key = ", KEY jamsession_device_user (user_key, seen), KEY jamsession_device_expires (expires)"
			engine = " ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
		}
		table := "CREATE TABLE jamsession_device (id " + id + " NOT NULL PRIMARY KEY," +
			" user_key varchar(255) NOT NULL, created bigint NOT NULL, seen bigint NOT NULL," +
			" expires bigint NOT NULL, not_before bigint NOT NULL, address varchar(64) NOT NULL," +
			" agent varchar(200) NOT NULL, method varchar(20) NOT NULL, name varchar(60) NOT NULL," +
			" sealed varchar(200) NOT NULL" + key + ")" + engine
		if d == MySQL {
			return []string{table}
		}
		return []string{
			table,
			"CREATE INDEX jamsession_device_user ON jamsession_device (user_key, seen)",
			"CREATE INDEX jamsession_device_expires ON jamsession_device (expires)",
		}
	},
}

// PlanSessions returns what sqlstore.Migrate would make.
func (db DB) PlanSessions(ctx context.Context) ([]string, error) { return db.Plan(ctx, Sessions) }

// PlanThrottle returns what sqlthrottle.Migrate would make.
func (db DB) PlanThrottle(ctx context.Context) ([]string, error) { return db.PlanOwn(ctx, Throttle) }

// PlanDevices returns what devices.Migrate would make.
func (db DB) PlanDevices(ctx context.Context) ([]string, error) { return db.PlanOwn(ctx, Devices) }

// PlanOwn returns the name of a table that [DB.MakeOwn] would make.
func (db DB) PlanOwn(ctx context.Context, t OwnTable) ([]string, error) {
	has, err := db.HasOwn(ctx, t)
	if err != nil || has {
		return nil, err
	}
	return []string{t.Name}, nil
}
