package pgstore_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/pgstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// TestSessionModel: each change fills the columns by itself, also where pgx does
// not know the types of the parameters; what the server refuses, the table saves.
func TestSessionModel(t *testing.T) {
	at := servertest.Postgres(t)
	codec := noerror.In(django.Signed(secrettest.Keys("the key of this test")))
	o := &sqlstore.Options{Table: "app.crew", Codec: codec, Columns: []sqlstore.Column{
		{Name: "account_id", Item: "_auth_user_id"},
		{Name: "device", Item: "device"},
		{Name: "agent", Item: "agent"},
		{Name: "staff", Item: "staff"},
		{Name: "seen", Item: "seen"},
		{Name: "address", Item: "address"},
		{Name: "score", Item: "score"},
	}}
	for i, mode := range []pgx.QueryExecMode{
		pgx.QueryExecModeCacheStatement, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
	} {
		config := noerror.In(pgxpool.ParseConfig(at.PostgresURL()))
		config.ConnConfig.DefaultQueryExecMode = mode
		pool := noerror.In(pgxpool.NewWithConfig(t.Context(), config))
		defer pool.Close()
		if i == 0 {
			_, err := pool.Exec(t.Context(), "CREATE SCHEMA app; CREATE TABLE app.account (id integer PRIMARY KEY);"+
				" INSERT INTO app.account VALUES (17); CREATE TABLE app.crew (session_key varchar(40) PRIMARY KEY,"+
				" session_data text NOT NULL, expire_date timestamp with time zone NOT NULL,"+
				" account_id integer REFERENCES app.account (id) DEFERRABLE INITIALLY DEFERRED, device uuid,"+
				" agent varchar(20) NOT NULL, staff boolean, seen timestamp with time zone, address inet,"+
				" score double precision)")
			if err != nil {
				t.Fatal(err)
			}
		}
		store := noerror.In(pgstore.New(t.Context(), pool, o))
		data := func(user, agent string) []byte {
			return noerror.In(codec.Encode([]byte(`{"_auth_user_id":"` + user + `","agent":"` + agent + `","staff":true,` +
				`"device":"2f79de82d9ee44f380dd708eb1530da0","seen":"2026-02-03T04:05:06Z","address":"::1","score":1.5}`)))
		}
		filled := func(key string) (got string) {
			t.Helper()
			err := pool.QueryRow(t.Context(), "SELECT concat_ws(' ', account_id, device, agent, staff, seen AT TIME ZONE 'UTC',"+
				" address, score) FROM app.crew WHERE session_key = $1", key).Scan(&got)
			if err != nil {
				t.Errorf("mode %v: %v", mode, err)
			}
			return got
		}
		const want = "17 2f79de82-d9ee-44f3-80dd-708eb1530da0 curl t 2026-02-03 04:05:06 ::1 1.5"
		rec, next, moved := record(1), record(1), record(2)
		rec.Data, next.Data = data("17", "first"), data("17", "curl")
		moved.Data = next.Data
		pgstore.Alone(store, func() {
			create(t, store, rec)
			if err := store.Save(t.Context(), rec, next); err != nil || filled(rec.Key) != want {
				t.Errorf("mode %v: Save: %v, %q", mode, err, filled(rec.Key))
			}
			if err := store.Save(t.Context(), next, moved); err != nil || filled(moved.Key) != want {
				t.Errorf("mode %v: Save under a new key: %v", mode, err)
			}
		})
		next = moved
		next.Data = data("18", "curl") // who is gone
		if err := store.Save(t.Context(), moved, next); err != nil || filled(next.Key) != "" {
			t.Errorf("mode %v: Save with a user who is gone: %v, %q", mode, err, filled(next.Key))
		}
		if err := store.Save(t.Context(), moved, next); !errors.Is(err, session.ErrConflict) {
			t.Errorf("mode %v: Save over another: %v, want ErrConflict", mode, err)
		}
		if err := store.Delete(t.Context(), next.Key); err != nil {
			t.Errorf("mode %v: Delete: %v", mode, err)
		}
		other := record(3)
		other.Data = data("18", "curl")
		create(t, store, other)
		if err := errors.Join(store.Delete(t.Context(), other.Key), store.Close()); err != nil {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
}
