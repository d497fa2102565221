package sqlstore_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"modernc.org/sqlite"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/sizetest"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// sized returns a record with a key of its own.
func sized(data string) session.Record {
	return session.Record{
		Key: strings.ToLower(rand.Text()), Data: []byte(data), Expiry: time.Now().Add(time.Hour),
	}
}

// noise returns a text that no server can shorten.
func noise(size int) string {
	b := make([]byte, size/2+1)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)[:size]
}

// wantTooLarge tries to store data of this size in each way.
func wantTooLarge(t *testing.T, store session.Store, size int) {
	t.Helper()
	rec := sized("small")
	if err := store.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	sizetest.Refuses(t, store, rec, sized(noise(size)))
	if got, err := store.Load(t.Context(), rec.Key); err != nil || string(got.Data) != "small" {
		t.Errorf("the record is %v, %v", got, err)
	}
}

// wantKept stores data of this size in each way.
func wantKept(t *testing.T, store session.Store, size int) {
	t.Helper()
	rec := sized(strings.Repeat("x", size))
	if err := store.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	next := sized(strings.Repeat("y", size))
	if err := store.Save(t.Context(), rec, next); err != nil {
		t.Fatal(err)
	}
	if got, err := store.Load(t.Context(), next.Key); err != nil || string(got.Data) != string(next.Data) {
		t.Errorf("Load: %v, %v", got, err)
	}
}

// TestTooLargeForTheColumnIsTooLarge, or for an index on it, on each server.
func TestTooLargeForTheColumnIsTooLarge(t *testing.T) {
	for dialect, changes := range map[django.Dialect][]string{
		django.PostgreSQL: {
			"ALTER TABLE django_session ALTER session_data TYPE varchar(1000)",
			"CREATE INDEX too_much ON django_session (session_data)",
		},
		django.MySQL: {
			"ALTER TABLE django_session MODIFY session_data text NOT NULL",
			"ALTER TABLE django_session MODIFY session_data varchar(1000) NOT NULL",
		},
	} {
		for _, b := range backends {
			if b.dialect != dialect {
				continue
			}
			for _, change := range changes {
				t.Run(change, func(t *testing.T) {
					at := b.shared(t)
					_, admin := b.open(t, at, sqlstore.Options{})
					if _, err := admin.Exec(change); err != nil {
						t.Fatal(err)
					}
					db, err := sql.Open(b.driver, b.name(at))
					if err != nil {
						t.Fatal(err)
					}
					defer db.Close()
					store, err := sqlstore.New(t.Context(), django.Database{DB: db, Dialect: dialect}, nil)
					if err != nil {
						t.Fatal(err)
					}
					defer store.Close()
					wantTooLarge(t, store, 200_000)
					wantKept(t, store, 900)
				})
			}
		}
	}
}

// TestTooLargeForSQLiteIsTooLarge.
func TestTooLargeForSQLiteIsTooLarge(t *testing.T) {
	store, db := open(t, tempFile(t), sqlstore.Options{})
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const sqliteLimitLength = 0
	if _, err := sqlite.Limit(conn, sqliteLimitLength, 100_000); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	wantTooLarge(t, store, 200_000)
	wantKept(t, store, 40_000)
}

// TestTooLargeForThePacketIsTooLarge, whether the driver knows what the server
// takes, or the server has to close the connection.
func TestTooLargeForThePacketIsTooLarge(t *testing.T) {
	b := backends[1]
	for _, parameter := range []string{"", "&maxAllowedPacket=0", "&maxAllowedPacket=300000"} {
		t.Run(parameter, func(t *testing.T) {
			at := b.shared(t)
			_, admin := b.open(t, at, sqlstore.Options{})
			allow(t, admin, 1<<20)
			db, err := sql.Open(b.driver, b.name(at)+parameter)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			store, err := sqlstore.New(t.Context(), django.Database{DB: db, Dialect: b.dialect}, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			wantTooLarge(t, store, 1<<20+1)
			wantTooLarge(t, store, 3<<20)
			wantKept(t, store, 250_000)
			if parameter == "" { // the driver puts what it compares and what it stores into one packet
				rec, next := sized(noise(700_000)), sized(noise(700_000))
				if err := store.Create(t.Context(), rec); err != nil {
					t.Error(err)
				}
				if err := store.Save(t.Context(), rec, next); !errors.Is(err, session.ErrTooLarge) {
					t.Errorf("Save of two that do not fit into one packet: %v", err)
				}
			} else {
				wantKept(t, store, 700_000)
			}
			allow(t, admin, 16<<20)
			db.SetMaxIdleConns(0) // the next connections have the new limit
			wantKept(t, store, 2<<20)
		})
	}
}

// allow sets what the server takes of new connections, until the test ends.
func allow(t *testing.T, admin *sql.DB, bytes int) {
	t.Helper()
	var before int
	err := admin.QueryRow("SELECT @@GLOBAL.max_allowed_packet").Scan(&before)
	if err == nil {
		_, err = admin.Exec(fmt.Sprint("SET GLOBAL max_allowed_packet = ", bytes))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.ExecContext(context.Background(),
			fmt.Sprint("SET GLOBAL max_allowed_packet = ", before)); err != nil {
			t.Error(err)
		}
	})
}

// TestAColumnThatWouldCutASessionOffIsRefused: a server that is not strict keeps
// the beginning of a text, and says nothing.
func TestAColumnThatWouldCutASessionOffIsRefused(t *testing.T) {
	b := backends[1]
	for _, c := range []struct {
		mode, column string
		refused      string // what the error names
	}{
		{"", "session_data longtext NOT NULL", ""},
		{"", "session_data text NOT NULL", "session_data text"},
		{"NO_ENGINE_SUBSTITUTION", "session_data mediumtext NOT NULL", "session_data mediumtext"},
		{"", "session_data varchar(2000) NOT NULL", "session_data varchar(2000)"},
		{"", "session_key varchar(32) NOT NULL", "session_key varchar(32)"},
		{"STRICT_TRANS_TABLES", "session_data text NOT NULL", ""},
		{"STRICT_ALL_TABLES", "session_data text NOT NULL", ""},
		{"TRADITIONAL", "session_data mediumtext NOT NULL", ""},
	} {
		t.Run(c.mode+" "+c.column, func(t *testing.T) {
			at := b.shared(t)
			_, admin := b.open(t, at, sqlstore.Options{})
			if _, err := admin.Exec("ALTER TABLE django_session MODIFY " + c.column); err != nil {
				t.Fatal(err)
			}
			db, err := sql.Open(b.driver, b.name(at)+"&sql_mode=%27"+c.mode+"%27")
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			store, err := sqlstore.New(t.Context(), django.Database{DB: db, Dialect: b.dialect}, nil)
			switch {
			case c.refused == "" && err != nil:
				t.Errorf("New: %v", err)
			case c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused) ||
				!strings.Contains(err.Error(), "sql_mode")):
				t.Errorf("New: %v, want one that names %s", err, c.refused)
			}
			if err == nil {
				_ = store.Close()
			}
		})
	}
}
