package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	_ "modernc.org/sqlite"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sessiontest"
	"github.com/jamsession/jamsession/sqlstore"
)

// The data source names are those of the package's documentation. The quick
// one leaves out the flushing to disk, which only a power cut could tell.
const (
	writerDSN = quickDSN + "&_pragma=synchronous(FULL)"
	quickDSN  = "?_txlock=immediate" +
		"&_pragma=busy_timeout(5000)" +
		"&_pragma=journal_mode(WAL)" +
		"&_pragma=synchronous(OFF)" +
		"&_pragma=foreign_keys(1)"
	readerDSN = "?_pragma=busy_timeout(5000)&_pragma=query_only(1)"
)

func tempFile(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "site.db")
}

// pool opens a pool on a file.
func pool(t testing.TB, path, dsn string, conns int) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+dsn)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(conns)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// open returns a store on a file, with two pools as the documentation has it,
// and the pool that writes.
func open(t testing.TB, path string, o sqlstore.Options) (session.Store, *sql.DB) {
	t.Helper()
	return openIn(t, path, nil, o)
}

// openIn is open for a table that keeps the wall clock time of a zone.
func openIn(t testing.TB, path string, zone *time.Location, o sqlstore.Options) (session.Store, *sql.DB) {
	t.Helper()
	db := pool(t, path, quickDSN, 1)
	site := django.Database{DB: db, Readers: pool(t, path, readerDSN, 4), TimeZone: zone}
	if _, err := sqlstore.Migrate(t.Context(), site); err != nil {
		t.Fatal(err)
	}
	store, err := sqlstore.New(t.Context(), site, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return store, db
}

func TestContract(t *testing.T) {
	sessiontest.Run(t, func(t *testing.T) session.Store {
		store, _ := open(t, tempFile(t), sqlstore.Options{})
		return store
	})
}

// TestContractTwoPrograms: each call goes to another of two stores that have
// nothing in common but the file.
func TestContractTwoPrograms(t *testing.T) {
	sessiontest.Run(t, func(t *testing.T) session.Store {
		path := tempFile(t)
		a, _ := open(t, path, sqlstore.Options{})
		b, _ := open(t, path, sqlstore.Options{})
		return &alternating{stores: [2]session.Store{a, b}}
	})
}

// alternating is two stores that take turns.
type alternating struct {
	mu     sync.Mutex
	stores [2]session.Store
}

func (a *alternating) next() session.Store {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stores[0], a.stores[1] = a.stores[1], a.stores[0]
	return a.stores[0]
}

func (a *alternating) Load(ctx context.Context, key string) (session.Record, error) {
	return a.next().Load(ctx, key)
}

func (a *alternating) Create(ctx context.Context, rec session.Record) error {
	return a.next().Create(ctx, rec)
}

func (a *alternating) Save(ctx context.Context, old, new session.Record) error {
	return a.next().Save(ctx, old, new)
}

func (a *alternating) Delete(ctx context.Context, key string) error {
	return a.next().Delete(ctx, key)
}

func (a *alternating) ClearExpired(ctx context.Context, now time.Time) (int, error) {
	return a.next().ClearExpired(ctx, now)
}

func (*alternating) Close() error { return nil }

func record(i int, expiry time.Time) session.Record {
	return session.Record{
		Key:    fmt.Sprintf("k%031d", i),
		Data:   []byte(`{"n":` + fmt.Sprint(i) + `}`),
		Expiry: expiry,
	}
}

func create(t testing.TB, store session.Store, records ...session.Record) {
	t.Helper()
	for _, rec := range records {
		if err := store.Create(t.Context(), rec); err != nil {
			t.Fatalf("Create: %v", err)
		}
	}
}

// TestRowIsDjangos: the row is text for text what Django would have written.
func TestRowIsDjangos(t *testing.T) {
	paris := time.FixedZone("Paris", 3600)
	for _, c := range []struct {
		zone   *time.Location
		expiry time.Time
		want   string
	}{
		{nil, time.Date(2230, 1, 2, 3, 4, 5, 0, paris), "2230-01-02 02:04:05"},
		{nil, time.Date(2230, 1, 2, 3, 4, 5, 678_000, time.UTC), "2230-01-02 03:04:05.000678"},
		{paris, time.Date(2230, 1, 2, 3, 4, 5, 678_000_000, time.UTC), "2230-01-02 04:04:05.678000"},
	} {
		store, db := openIn(t, tempFile(t), c.zone, sqlstore.Options{})
		rec := session.Record{Key: strings.Repeat("k", 32), Data: []byte("first"), Expiry: c.expiry}
		create(t, store, rec)
		check := func() {
			t.Helper()
			var row, types string
			err := db.QueryRow(`SELECT session_key || '|' || session_data || '|' || expire_date,
				typeof(session_key) || typeof(session_data) || typeof(expire_date)
				FROM django_session`).Scan(&row, &types)
			if err != nil {
				t.Fatal(err)
			}
			if want := rec.Key + "|" + string(rec.Data) + "|" + c.want; row != want || types != "texttexttext" {
				t.Errorf("the row is %q, %s; want %q, all text", row, types, want)
			}
		}
		check()
		saved, moved := rec, rec
		saved.Data, moved.Key = []byte("second"), strings.Repeat("m", 32)
		moved.Data = []byte("third")
		for _, next := range []session.Record{saved, moved} {
			if err := store.Save(t.Context(), rec, next); err != nil {
				t.Fatalf("Save: %v", err)
			}
			rec = next
			check()
		}
		loaded, err := store.Load(t.Context(), rec.Key)
		if err != nil || !loaded.Expiry.Equal(c.expiry) {
			t.Errorf("Load: expiry %v, %v; want %v", loaded.Expiry, err, c.expiry)
		}
	}
}

// TestAnyBytes: SQLite keeps as text even what is not text.
func TestAnyBytes(t *testing.T) {
	store, _ := open(t, tempFile(t), sqlstore.Options{})
	for i, data := range []string{"", "\x00", "a\x00b", "\xff\xfe", "é", strings.Repeat("x", 1<<20)} {
		rec := record(i, time.Now().Add(time.Hour))
		rec.Data = []byte(data)
		create(t, store, rec)
		if got, err := store.Load(t.Context(), rec.Key); err != nil || string(got.Data) != data {
			t.Errorf("%.20q comes back as %.20q, %v", data, got.Data, err)
		}
		if err := store.Save(t.Context(), rec, rec); err != nil {
			t.Errorf("%.20q: Save: %v", data, err)
		}
	}
}

// TestKeysAreChecked: a key that nobody could have issued causes no query,
// even if a row has it.
func TestKeysAreChecked(t *testing.T) {
	store, db := open(t, tempFile(t), sqlstore.Options{})
	if err := db.Close(); err != nil { // a query would be an error from here on
		t.Fatal(err)
	}
	good := record(1, time.Now().Add(time.Hour))
	for _, key := range []string{
		"", "short12", strings.Repeat("k", 41), strings.Repeat("k", 10<<20), "ABCDEFGHIJ",
		"key\x00key\x00", "key key key", "../../etc/passwd", "kéykéykéy", "key-key-key", "' OR 1=1 --",
	} {
		bad := session.Record{Key: key, Data: []byte("{}"), Expiry: good.Expiry}
		if _, err := store.Load(t.Context(), key); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("Load(%.20q): error %v, want ErrNotFound", key, err)
		}
		if err := store.Save(t.Context(), bad, good); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("Save of %.20q: error %v, want ErrNotFound", key, err)
		}
		if err := store.Delete(t.Context(), key); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("Delete(%.20q): %v", key, err)
		}
		for name, err := range map[string]error{
			"Create": store.Create(t.Context(), bad),
			"Move":   store.Save(t.Context(), good, bad),
		} {
			if err == nil || !strings.Contains(err.Error(), "malformed key") {
				t.Errorf("%s to %.20q: error %v", name, key, err)
			}
			if len(key) > 7 && strings.Contains(err.Error(), key) {
				t.Errorf("%s to %.20q: the error shows the key", name, key)
			}
		}
	}
}

// TestUnavailable: a database that cannot be asked is neither "not found" nor
// "conflict".
func TestUnavailable(t *testing.T) {
	store, db := open(t, tempFile(t), sqlstore.Options{})
	rec := record(1, time.Now().Add(time.Hour))
	create(t, store, rec)
	if _, err := db.Exec("DROP TABLE django_session"); err != nil {
		t.Fatal(err)
	}
	_, loadErr := store.Load(t.Context(), rec.Key)
	_, clearErr := store.ClearExpired(t.Context(), time.Now())
	var listErr error
	for _, err := range session.List(t.Context(), store) {
		listErr = err
	}
	for name, err := range map[string]error{
		"load": loadErr, "clear expired": clearErr, "list": listErr,
		"create": store.Create(t.Context(), rec),
		"save":   store.Save(t.Context(), rec, rec),
		"delete": store.Delete(t.Context(), rec.Key),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "sqlstore: "+name+": ") {
			t.Errorf("%s: error %v", name, err)
		}
		for _, answer := range []error{session.ErrNotFound, session.ErrExists, session.ErrConflict} {
			if errors.Is(err, answer) {
				t.Errorf("%s: error %v is an answer", name, err)
			}
		}
	}
}

// TestLocked: another program that holds the lock for too long is an error.
func TestLocked(t *testing.T) {
	path := tempFile(t)
	_, other := open(t, path, sqlstore.Options{})
	db := pool(t, path, "?_pragma=busy_timeout(1)", 1)
	store, err := sqlstore.New(t.Context(), django.Database{DB: db}, nil)
	if err != nil {
		t.Fatal(err)
	}
	rec := record(1, time.Now().Add(time.Hour))
	create(t, store, rec)
	tx, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Save(t.Context(), rec, rec); err == nil || !strings.Contains(err.Error(), "SQLITE_BUSY") {
		t.Errorf("Save: error %v", err)
	}
	if _, err := store.Load(t.Context(), rec.Key); err != nil {
		t.Errorf("Load beside a writer: %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := store.Save(t.Context(), rec, rec); err != nil {
		t.Errorf("Save after the lock was released: %v", err)
	}
}

// TestMethodsGiveUp: also while they wait for the database.
func TestMethodsGiveUp(t *testing.T) {
	path := tempFile(t)
	store, _ := open(t, path, sqlstore.Options{})
	_, other := open(t, path, sqlstore.Options{})
	rec := record(1, time.Now().Add(time.Hour))
	create(t, store, rec)
	tx, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := store.Save(ctx, rec, rec); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Save: error %v, want context.DeadlineExceeded", err)
	}
}

// TestExpiryIsStrict: at the very instant of its Expiry a record is gone for
// every method, and a microsecond before it is there, whatever wall clock time
// the table keeps.
func TestExpiryIsStrict(t *testing.T) {
	for _, hours := range []int{-9, 0, +5} {
		path := tempFile(t)
		synctest.Test(t, func(t *testing.T) {
			store, _ := openIn(t, path, time.FixedZone("", hours*3600), sqlstore.Options{})
			checkExpiry(t, store)
		})
	}
}

func checkExpiry(t *testing.T, store session.Store) {
	t.Helper()
	rec := record(1, time.Now().Add(time.Hour))
	create(t, store, rec)
	present := func() (loaded, listed, saved bool) {
		_, err := store.Load(t.Context(), rec.Key)
		for _, err := range session.List(t.Context(), store) {
			listed = err == nil
		}
		return err == nil, listed, store.Save(t.Context(), rec, rec) == nil
	}
	time.Sleep(time.Until(rec.Expiry) - time.Microsecond)
	if loaded, listed, saved := present(); !loaded || !listed || !saved {
		t.Errorf("before: loaded %v, listed %v, saved %v; want all", loaded, listed, saved)
	}
	if n, err := store.ClearExpired(t.Context(), time.Now()); n != 0 || err != nil {
		t.Errorf("before: ClearExpired = %d, %v", n, err)
	}
	time.Sleep(time.Microsecond)
	if loaded, listed, saved := present(); loaded || listed || saved {
		t.Errorf("at: loaded %v, listed %v, saved %v; want none", loaded, listed, saved)
	}
	if err := store.Save(t.Context(), rec, rec); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("at: Save: error %v, want ErrNotFound", err)
	}
	if n, err := store.ClearExpired(t.Context(), time.Now()); n != 1 || err != nil {
		t.Errorf("at: ClearExpired = %d, %v; want 1", n, err)
	}
}

// TestOnePool: without options, one connection is enough for every method.
func TestOnePool(t *testing.T) {
	db := pool(t, tempFile(t), writerDSN, 1)
	if _, err := sqlstore.Migrate(t.Context(), django.Database{DB: db}); err != nil {
		t.Fatal(err)
	}
	store, err := sqlstore.New(t.Context(), django.Database{DB: db}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, b := record(1, time.Now().Add(time.Hour)), record(2, time.Now().Add(time.Hour))
	moved := session.Record{Key: b.Key, Data: []byte("{}"), Expiry: b.Expiry}
	create(t, store, a)
	steps := []struct {
		name      string
		err, want error
	}{
		{"Create of taken", store.Create(t.Context(), a), session.ErrExists},
		{"Save", store.Save(t.Context(), a, moved), nil},
		{"Save of moved", store.Save(t.Context(), a, a), session.ErrNotFound},
		{"Save of changed", store.Save(t.Context(), b, b), session.ErrConflict},
		{"Delete", store.Delete(t.Context(), b.Key), nil},
	}
	for _, s := range steps {
		if !errors.Is(s.err, s.want) {
			t.Errorf("%s: error %v, want %v", s.name, s.err, s.want)
		}
	}
	if n, err := store.ClearExpired(t.Context(), time.Now()); n != 0 || err != nil {
		t.Errorf("ClearExpired = %d, %v", n, err)
	}
}

// TestUnreadableExpiry: what Django cannot read, but compares as later than
// now, is a session here, too. Its Expiry is unknown.
func TestUnreadableExpiry(t *testing.T) {
	store, db := open(t, tempFile(t), sqlstore.Options{})
	key := strings.Repeat("k", 32)
	_, err := db.Exec("INSERT INTO django_session VALUES (?, '{}', '2230-01-02 03:04:05 +0000 UTC')", key)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := store.Load(t.Context(), key)
	if err != nil || !rec.Expiry.IsZero() {
		t.Fatalf("Load = %v, %v", rec.Expiry, err)
	}
	next := rec
	next.Expiry = time.Now().Add(time.Hour).Truncate(time.Microsecond)
	if err := store.Save(t.Context(), rec, next); err != nil {
		t.Fatalf("Save: %v", err)
	}
	if rec, err = store.Load(t.Context(), key); err != nil || !rec.Expiry.Equal(next.Expiry) {
		t.Errorf("Load after Save = %v, %v", rec.Expiry, err)
	}
}

func TestNewWithoutTable(t *testing.T) {
	db := pool(t, tempFile(t), writerDSN, 1)
	if _, err := sqlstore.New(t.Context(), django.Database{DB: db}, nil); !errors.Is(err, django.ErrNotMigrated) {
		t.Errorf("New: error %v, want ErrNotMigrated", err)
	}
	if _, err := db.Exec("CREATE TABLE django_session (session_key text)"); err != nil {
		t.Fatal(err)
	}
	_, err := sqlstore.New(t.Context(), django.Database{DB: db}, nil)
	if err == nil || errors.Is(err, django.ErrNotMigrated) || !strings.Contains(err.Error(), "no column session_data") {
		t.Errorf("New on a foreign table: error %v", err)
	}
}

// TestAWrongDatabaseIsAnErrorThatNamesTheField in each function that is given one.
func TestAWrongDatabaseIsAnErrorThatNamesTheField(t *testing.T) {
	db := pool(t, tempFile(t), writerDSN, 1)
	for field, site := range map[string]django.Database{
		"Database.DB ":      {},
		"Database.Dialect ": {DB: db, Dialect: 99},
	} {
		_, migrateErr := sqlstore.Migrate(t.Context(), site)
		_, newErr := sqlstore.New(t.Context(), site, nil)
		for _, err := range []error{migrateErr, newErr} {
			if err == nil || !strings.HasPrefix(err.Error(), "sqlstore: "+field) {
				t.Errorf("error %v, want one that names %s", err, field)
			}
		}
	}
}

func TestMigrate(t *testing.T) {
	db := pool(t, tempFile(t), writerDSN, 1)
	site := django.Database{DB: db}
	want := []string{"sessions.0001_initial"}
	for _, run := range []func(context.Context, django.Database) ([]string, error){
		sqlstore.Plan, sqlstore.Plan, sqlstore.Migrate, sqlstore.Plan, sqlstore.Migrate,
	} {
		steps, err := run(t.Context(), site)
		if err != nil || !slices.Equal(steps, want) {
			t.Errorf("%q, %v; want %q", steps, err, want)
		}
		if _, err := sqlstore.New(t.Context(), django.Database{DB: db}, nil); err == nil {
			want = nil
		}
	}
	if want != nil {
		t.Error("the table was not made")
	}
}
