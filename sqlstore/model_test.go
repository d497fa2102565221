package sqlstore_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sessiontest"
	"github.com/jamsession/jamsession/sqlstore"
)

// crewModels is a session model as Django's documentation has it, with more
// columns, and an engine whose class has a name of its own.
const crewModels = `
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

class CrewSession(AbstractBaseSession):
    account_id = models.IntegerField(null=True, db_index=True)
    device = models.UUIDField(null=True)
    agent = models.CharField(max_length=20)
    staff = models.BooleanField(null=True)
    seen = models.DateTimeField(null=True)
    address = models.GenericIPAddressField(null=True)
    score = models.FloatField(null=True)

    class Meta:
        db_table = "crew session"

    @classmethod
    def get_session_store_class(cls):
        return CrewStore

class CrewStore(SessionStore):
    @classmethod
    def get_model_class(cls):
        return CrewSession

    def create_model_instance(self, data):
        obj = super().create_model_instance(data)
        try:
            obj.account_id = int(data.get("_auth_user_id"))
        except (ValueError, TypeError):
            obj.account_id = None
        return obj
`

// crewSite makes a Django site with that model, and its table.
func crewSite(t *testing.T, path string, settings ...string) *djangotest.Project {
	t.Helper()
	project := djangotest.Site(t, path, key, append(settings, `INSTALLED_APPS += ["people"]`)...)
	project.Write("people/__init__.py", "")
	project.Write("people/models.py", crewModels)
	return project
}

// crew are the options for the table. One column is filled by a function.
func crew() *sqlstore.Options {
	return &sqlstore.Options{
		Table: "crew session",
		Codec: noerror.In(django.SignedWithSalt(secrettest.Keys(key), "django.contrib.sessions.CrewStore")),
		Columns: []sqlstore.Column{
			{Name: "account_id", Item: "_auth_user_id"},
			{Name: "device", Item: "device"},
			{Name: "agent", Value: func(items map[string]json.RawMessage) any {
				var agent string
				_ = json.Unmarshal(items["agent"], &agent)
				return strings.ToUpper(agent)
			}},
			{Name: "staff", Item: "staff"},
			{Name: "seen", Item: "seen"},
			{Name: "address", Item: "address"},
			{Name: "score", Item: "score"},
		},
	}
}

// forEachDatabase runs a test on a database of each kind, with a Django site
// that has the model.
func forEachDatabase(t *testing.T, test func(t *testing.T, project *djangotest.Project, db django.Database)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		path := tempFile(t)
		project := crewSite(t, path)
		test(t, project, django.Database{DB: pool(t, path, writerDSN, 1)})
	})
	forEachServer(t, func(t *testing.T, b backend) {
		at := b.shared(t)
		db := noerror.In(sql.Open(b.driver, b.name(at)))
		t.Cleanup(func() { _ = db.Close() })
		db.SetMaxOpenConns(8)
		db.SetMaxIdleConns(8) // or each call of a race makes a connection
		test(t, crewSite(t, tempFile(t), at.Django(b.engine)), django.Database{DB: db, Dialect: b.dialect})
	})
}

// TestSessionModelWithDjango: each reads and changes the sessions of the other,
// and Django finds in the columns what Go has filled them with.
func TestSessionModelWithDjango(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, project *djangotest.Project, db django.Database) {
		_, err := sqlstore.New(t.Context(), db, crew())
		if !errors.Is(err, django.ErrNotMigrated) || !strings.Contains(err.Error(), `crew session; manage.py migrate`) {
			t.Errorf("New without the table: %v", err)
		}
		out := project.Run(`
from django.core.management import call_command
call_command("migrate", run_syncdb=True, verbosity=0)
from people.models import CrewStore
s = CrewStore()
s["_auth_user_id"] = "17"
s.create()
print(s.session_key)
`)
		store, err := sqlstore.New(t.Context(), db, crew())
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		sessions := noerror.In(session.New(store, &session.Options{Codec: crew().Codec}))
		s, err := sessions.ByKey(t.Context(), strings.TrimSpace(out))
		if err != nil || session.Item[string]("_auth_user_id").Get(s, "") != "17" {
			t.Fatalf("Django's session: %v, %v", s, err)
		}
		s.Set("device", "2F79DE82-D9EE-44F3-80DD-708EB1530DA0")
		s.Set("agent", "curl")
		s.Set("staff", true)
		s.Set("seen", "2026-02-03T04:05:06.789000+02:00")
		s.Set("address", "2001:DB8::1")
		s.Set("score", 1.5)
		s.CycleKey()
		if err := s.Save(t.Context()); err != nil {
			t.Fatal(err)
		}
		misfits := noerror.In(sessions.ByKey(t.Context(), ""))
		for name, value := range map[string]any{
			"_auth_user_id": "9223372036854775808", "device": "2f79de82", "agent": strings.Repeat("x", 21),
			"staff": "yes", "seen": "soon", "address": "localhost", "score": []int{1},
		} {
			misfits.Set(name, value)
		}
		if err := misfits.Save(t.Context()); err != nil {
			t.Fatal(err)
		}
		out = project.Run(fmt.Sprintf(`
from people.models import CrewStore, CrewSession
for key in %q, %q:
    o = CrewSession.objects.get(pk=key)
    print(o.account_id, o.device, repr(o.agent), o.staff, o.seen, o.address, o.score)
s = CrewStore(%q)
print(s["agent"])
s["agent"] = "django"
s.save()
`, s.Key(), misfits.Key(), s.Key()))
		want := "17 2f79de82-d9ee-44f3-80dd-708eb1530da0 'CURL' True 2026-02-03 02:05:06.789000+00:00 2001:db8::1 1.5\n" +
			"None None '' None None None None\ncurl\n"
		if out != want {
			t.Errorf("Django reads\n%s, want\n%s", out, want)
		}
		again, err := sessions.ByKey(t.Context(), s.Key())
		if err != nil || session.Item[string]("agent").Get(again, "") != "django" {
			t.Errorf("what Django has changed: %v, %v", again, err)
		}
		sessiontest.Run(t, func(t *testing.T) session.Store {
			execute(t, db.DB, "DELETE FROM "+map[bool]string{true: "`crew session`", false: `"crew session"`}[db.Dialect == django.MySQL])
			return store
		})
	})
}

// crewOf opens a store on a table made by these statements.
func crewOf(t *testing.T, db django.Database, o *sqlstore.Options, statements ...string) (session.Store, error) {
	t.Helper()
	execute(t, db.DB, statements...)
	store, err := sqlstore.New(t.Context(), db, o)
	if err == nil {
		t.Cleanup(func() { _ = store.Close() })
	}
	return store, err
}

// TestSessionIsNotLostForAColumn: the database refuses the user, who is gone, in
// a way that the type of the column does not tell.
func TestSessionIsNotLostForAColumn(t *testing.T) {
	tables := []string{
		"CREATE TABLE account (id integer PRIMARY KEY)", "INSERT INTO account VALUES (1)",
		"CREATE TABLE crew (session_key varchar(40) PRIMARY KEY, session_data text NOT NULL," +
			" expire_date %s NOT NULL, account_id integer NULL, agent varchar(20) NOT NULL CHECK (agent <> 'bad')," +
			" place integer NULL UNIQUE," +
			" FOREIGN KEY (account_id) REFERENCES account (id))",
	}
	try := func(t *testing.T, db django.Database, instant string) {
		o := crew()
		o.Table = "crew"
		o.Columns = []sqlstore.Column{{Name: "account_id", Item: "_auth_user_id"}, {Name: "agent", Item: "agent"}, {Name: "place", Item: "place"}}
		store, err := crewOf(t, db, o, tables[0], tables[1], fmt.Sprintf(tables[2], instant))
		if err != nil {
			t.Fatal(err)
		}
		sessions := noerror.In(session.New(store, &session.Options{Codec: o.Codec}))
		for _, c := range []struct{ user, agent, want string }{
			{"1", "curl", "1 curl"}, {"2", "curl", "NULL "}, {"1", "bad", "NULL "}, {"x", "curl", "NULL curl"},
		} {
			s := noerror.In(sessions.ByKey(t.Context(), ""))
			for _, step := range []string{"created", "saved", "moved"} {
				s.Set("_auth_user_id", c.user)
				s.Set("agent", c.agent)
				s.Set("step", step)
				if step == "moved" {
					s.CycleKey()
				}
				if err := s.Save(t.Context()); err != nil {
					t.Errorf("%v, %s: %v", c, step, err)
					continue
				}
				account, agent := sql.NullString{String: "NULL"}, ""
				err := db.DB.QueryRow("SELECT account_id, agent FROM crew WHERE session_key = '"+s.Key()+"'").
					Scan(&account, &agent)
				if !account.Valid {
					account.String = "NULL"
				}
				if got := account.String + " " + agent; err != nil || got != c.want {
					t.Errorf("%v, %s: the columns are %q, %v, want %q", c, step, got, err, c.want)
				}
			}
		}
		for i, want := range []string{"1", "NULL"} { // the first one has the place
			s := noerror.In(sessions.ByKey(t.Context(), ""))
			s.Set("place", 1)
			if err := s.Save(t.Context()); err != nil {
				t.Errorf("place of session %d: %v", i, err)
			}
			got := sql.NullString{}
			err := db.DB.QueryRow("SELECT place FROM crew WHERE session_key = '" + s.Key() + "'").Scan(&got)
			if err != nil || got.Valid != (want == "1") {
				t.Errorf("place of session %d: %v, %v, want %s", i, got, err, want)
			}
		}
		if err := store.Create(t.Context(), record(7, time.Now().Add(time.Hour))); err != nil {
			t.Errorf("data of nobody: %v", err)
		}
	}
	t.Run("SQLite", func(t *testing.T) {
		try(t, django.Database{DB: pool(t, tempFile(t), writerDSN, 1)}, "datetime")
	})
	forEachServer(t, func(t *testing.T, b backend) {
		db := noerror.In(sql.Open(b.driver, b.name(b.shared(t))))
		t.Cleanup(func() { _ = db.Close() })
		instant := "timestamp with time zone"
		if b.dialect == django.MySQL {
			instant = "datetime(6)"
		}
		try(t, django.Database{DB: db, Dialect: b.dialect}, instant)
	})
}

// TestColumnsThatCannotBeFilledAreRefused when the store is opened, or where only
// a save can tell, then.
func TestColumnsThatCannotBeFilledAreRefused(t *testing.T) {
	const table = "CREATE TABLE crew (session_key varchar(40) PRIMARY KEY, session_data text," +
		" expire_date datetime, account_id integer NOT NULL, picture blob, made integer NOT NULL DEFAULT 1)"
	account := sqlstore.Column{Name: "account_id", Item: "_auth_user_id"}
	value := func(map[string]json.RawMessage) any { return 1 }
	for _, c := range []struct {
		want    string
		columns []sqlstore.Column
	}{
		{"", []sqlstore.Column{account}},
		{"", []sqlstore.Column{{Name: "ACCOUNT_ID", Value: value}, {Name: "made", Item: "a"}}},
		{"the column account_id of table crew needs a value", nil},
		{`no column "nobody"`, []sqlstore.Column{account, {Name: "nobody", Item: "a"}}},
		{`no column "a\"b"`, []sqlstore.Column{account, {Name: `a"b`, Item: "a"}}},
		{"account_id has a value already", []sqlstore.Column{account, account}},
		{"session_key has a value already", []sqlstore.Column{account, {Name: "session_key", Item: "a"}}},
		{"needs the name of an item, or a function", []sqlstore.Column{{Name: "account_id"}}},
		{"needs the name of an item, or a function", []sqlstore.Column{{Name: "account_id", Item: "a", Value: value}}},
		{"has the type blob", []sqlstore.Column{account, {Name: "picture", Item: "a"}}},
	} {
		o := crew()
		o.Table, o.Columns = "crew", c.columns
		db := django.Database{DB: pool(t, tempFile(t), writerDSN, 1)}
		_, err := crewOf(t, db, o, table)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.columns, err, c.want)
		}
	}
	o := crew()
	o.Table, o.Columns = "crew", []sqlstore.Column{account}
	db := django.Database{DB: pool(t, tempFile(t), writerDSN, 1)}
	store := noerror.In(crewOf(t, db, o, table))
	err := store.Create(t.Context(), record(1, time.Now().Add(time.Hour)))
	if err == nil || !strings.Contains(err.Error(), "account_id takes no NULL, and the item _auth_user_id") {
		t.Errorf("Create: %v", err)
	}
	o.Codec = nil
	if _, err := sqlstore.New(t.Context(), db, o); err == nil || !strings.Contains(err.Error(), "codec") {
		t.Errorf("New without a codec: %v", err)
	}
}

// TestUnusualTables: a table in parts, whose rows share their places, and a view.
func TestUnusualTables(t *testing.T) {
	const columns = " (session_key varchar(40) PRIMARY KEY, session_data text NOT NULL," +
		" expire_date timestamp with time zone NOT NULL)"
	postgres := map[string][]string{
		"partitions": {
			"CREATE TABLE crew" + columns + " PARTITION BY HASH (session_key)",
			"CREATE TABLE crew_a PARTITION OF crew FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
			"CREATE TABLE crew_b PARTITION OF crew FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
		},
		"view": {
			"CREATE TABLE base" + columns,
			"CREATE VIEW crew AS SELECT session_key, session_data, expire_date FROM base",
		},
		"view with a trigger": {
			"CREATE TABLE base" + columns,
			"CREATE VIEW crew AS SELECT DISTINCT session_key, session_data, expire_date FROM base",
			`CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
				IF TG_OP = 'INSERT' THEN INSERT INTO base VALUES (NEW.*); RETURN NEW; END IF;
				IF TG_OP = 'DELETE' THEN DELETE FROM base WHERE session_key = OLD.session_key; RETURN OLD; END IF;
				UPDATE base SET session_key = NEW.session_key, session_data = NEW.session_data,
					expire_date = NEW.expire_date
					WHERE session_key = OLD.session_key AND session_data = OLD.session_data;
				IF NOT FOUND THEN RETURN NULL; END IF;
				RETURN NEW; END $$`,
			"CREATE TRIGGER keep INSTEAD OF INSERT OR UPDATE OR DELETE ON crew FOR EACH ROW EXECUTE FUNCTION keep()",
		},
	}
	mariaDB := strings.ReplaceAll(columns, "timestamp with time zone", "datetime(6)")
	mariaDB = strings.ReplaceAll(mariaDB, "session_data text", "session_data longtext")
	tables := []map[string][]string{postgres, {
		"partitions": {"CREATE TABLE crew" + mariaDB + " PARTITION BY KEY (session_key) PARTITIONS 2"},
		"view":       {"CREATE TABLE base" + mariaDB, "CREATE VIEW crew AS SELECT * FROM base"},
	}}
	for i, b := range backends {
		for name, statements := range tables[i] {
			t.Run(b.dialect.String()+" "+name, func(t *testing.T) {
				db := django.Database{DB: noerror.In(sql.Open(b.driver, b.name(b.shared(t)))), Dialect: b.dialect}
				t.Cleanup(func() { _ = db.DB.Close() })
				o := &sqlstore.Options{Table: "crew", ClearBatch: 3, ClearPause: -1}
				store, err := crewOf(t, db, o, statements...)
				if err != nil {
					t.Fatal(err)
				}
				clearing(t, store, 20)
				movingAtOnce(t, store, name)
			})
		}
	}
}

// movingAtOnce lets two move a session at once: one of them does. On PostgreSQL a
// row may get into another partition, which its server does not wait for.
func movingAtOnce(t *testing.T, store session.Store, name string) {
	if strings.Contains(name, "trigger") {
		return // what it lets through is the trigger's
	}
	for i := range 20 {
		old := record(100*i+100, time.Now().Add(time.Hour))
		create(t, store, old)
		results := make(chan error, 2)
		for n := range 2 {
			go func() {
				next := record(100*i+101+n, old.Expiry)
				results <- store.Save(t.Context(), old, next)
			}()
		}
		one, other := <-results, <-results
		if one != nil {
			one, other = other, one
		}
		if one != nil || !errors.Is(other, session.ErrNotFound) {
			t.Errorf("two moves: %v, %v, want one of them, and ErrNotFound", one, other)
		}
	}
}

// clearing makes sessions that have expired, and clears them in batches: the
// same number is cleared, and nobody else's.
func clearing(t *testing.T, store session.Store, n int) {
	t.Helper()
	if _, err := store.ClearExpired(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	live := record(0, time.Now().Add(time.Hour))
	create(t, store, live)
	for i := range n {
		create(t, store, record(i+1, time.Now().Add(-time.Hour)))
	}
	if got, err := store.ClearExpired(t.Context(), time.Now()); err != nil || got != n {
		t.Errorf("ClearExpired: %d, %v, want %d", got, err, n)
	}
	next := live
	next.Data = []byte("next")
	if err := store.Save(t.Context(), live, next); err != nil {
		t.Errorf("Save: %v", err)
	}
	if err := store.Save(t.Context(), live, next); !errors.Is(err, session.ErrConflict) {
		t.Errorf("Save over another: %v, want ErrConflict", err)
	}
	moved := next
	moved.Key = record(n+1, live.Expiry).Key
	if err := store.Save(t.Context(), next, moved); err != nil {
		t.Errorf("move: %v", err)
	}
	if err := store.Create(t.Context(), moved); !errors.Is(err, session.ErrExists) {
		t.Errorf("Create of the same: %v, want ErrExists", err)
	}
	if err := store.Delete(t.Context(), moved.Key); err != nil {
		t.Errorf("Delete: %v", err)
	}
}

// TestTablesThatCannotBeUsedAreRefused when the store is opened.
func TestTablesThatCannotBeUsedAreRefused(t *testing.T) {
	at := servertest.Postgres(t)
	postgres := noerror.In(sql.Open("pgx", at.PostgresURL()))
	t.Cleanup(func() { _ = postgres.Close() })
	base := "CREATE TABLE base (session_key varchar(40), session_data text, expire_date %s)"
	view := "CREATE VIEW crew AS SELECT DISTINCT session_key, session_data, expire_date FROM base"
	o := &sqlstore.Options{Table: "crew"}
	_, err := crewOf(t, django.Database{DB: postgres, Dialect: django.PostgreSQL}, o,
		fmt.Sprintf(base, "timestamp with time zone"), view)
	if err == nil || !strings.Contains(err.Error(), "cannot be written to") {
		t.Errorf("PostgreSQL: %v", err)
	}
	lite := django.Database{DB: pool(t, tempFile(t), writerDSN, 1)}
	_, err = crewOf(t, lite, o, fmt.Sprintf(base, "datetime"), view)
	if err == nil || !strings.Contains(err.Error(), "does not count") {
		t.Errorf("SQLite: %v", err)
	}
	for table, want := range map[string]string{
		"main.base": "SQLite has no schemas", `ba"se`: "want a name", "?": "want a name",
	} {
		_, err = sqlstore.New(t.Context(), lite, &sqlstore.Options{Table: table})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", table, err, want)
		}
	}
}
