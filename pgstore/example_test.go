package pgstore_test

import (
	"context"
	"log"
	"net/http"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/pgstore"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

// A program that shares the sessions of a Django site on PostgreSQL.
func ExampleNew() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	store, err := pgstore.New(ctx, pool, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = store.Close() }()

	keys, err := secret.NewKeys(os.Getenv("SECRET_KEY"))
	if err != nil {
		log.Fatal(err)
	}
	codec, err := django.Signed(keys)
	if err != nil {
		log.Fatal(err)
	}
	sessions, err := session.New(store, &session.Options{Codec: codec})
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", sessions.Handler(http.DefaultServeMux)))
}
