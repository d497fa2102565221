package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

func ExampleNew() {
	dir, err := os.MkdirTemp("", "sqlstore")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	ctx := context.Background()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "site.db")+
		"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)"+
		"&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)

	applied, err := sqlstore.Migrate(ctx, django.Database{DB: db})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("applied", applied)

	store, err := sqlstore.New(ctx, django.Database{DB: db}, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = store.Close() }()

	sessions, err := session.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	s, err := sessions.ByKey(ctx, "")
	if err != nil {
		log.Fatal(err)
	}
	s.Set("username", "john_doe")
	if err := s.Save(ctx); err != nil {
		log.Fatal(err)
	}
	for rec, err := range session.List(ctx, store) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("stored", string(rec.Data))
	}
	// Output:
	// applied [sessions.0001_initial]
	// stored {"username":"john_doe"}
}
