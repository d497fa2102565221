package redisstore_test

import (
	"context"
	"log"
	"net/http"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/redisstore"
	"github.com/jamsession/jamsession/session"
)

func ExampleOpen() {
	store, err := redisstore.Open(context.Background(), "redis://localhost:6379/0", nil)
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

// With a Django site that has SESSION_ENGINE cache on the same Redis.
func ExampleOpen_django() {
	codec := django.Pickled()
	store, err := redisstore.Open(context.Background(), "redis://localhost:6379/0", &redisstore.Options{
		Prefix: django.CacheKey("", 1, django.EngineCache),
		Codec:  codec,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	sessions, err := session.New(store, &session.Options{Codec: codec})
	if err != nil {
		log.Fatal(err)
	}
	_ = sessions.Handler
}

func ExampleOpenCache() {
	database := memstore.New() // in its place: a store of package sqlstore
	cache, err := redisstore.OpenCache(context.Background(), "redis://localhost:6379/1", &redisstore.Options{Prefix: "sessions:"})
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
