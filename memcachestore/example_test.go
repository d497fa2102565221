package memcachestore_test

import (
	"context"
	"log"
	"net/http"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/memcachestore"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

func ExampleOpen() {
	store, err := memcachestore.Open(context.Background(), []string{"127.0.0.1:11211"}, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	sessions, err := session.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", sessions.Handler(http.DefaultServeMux)))
}

func ExampleOpenCache() {
	database := memstore.New() // in its place: a store of package sqlstore
	cache, err := memcachestore.OpenCache(context.Background(), []string{"h1:11211", "h2:11211"}, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	store, err := cachedstore.New(database, cache, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	sessions, err := session.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	_ = sessions.Handler
}
