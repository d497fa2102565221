package sqlthrottle_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"net/http/httptest"

	_ "modernc.org/sqlite"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/auth/throttle/sqlthrottle"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/secret"
)

func ExampleNew() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file::memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)

	if _, err := sqlthrottle.Migrate(ctx, django.Database{DB: db}); err != nil {
		log.Fatal(err)
	}
	attempts, err := sqlthrottle.New(ctx, django.Database{DB: db}, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = attempts.Close() }()

	keys, err := secret.NewKeys("the site's SECRET_KEY, which is longer")
	if err != nil {
		log.Fatal(err)
	}
	limiter, err := throttle.New(attempts, keys, nil)
	if err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/login", nil)
	fmt.Println(limiter.Check(r, auth.Attempt{Username: "john_doe"}))

	var buckets int
	err = db.QueryRow("SELECT count(*) FROM jamsession_throttle").Scan(&buckets)
	fmt.Println(buckets, err)
	// Output:
	// <nil>
	// 2 <nil>
}
