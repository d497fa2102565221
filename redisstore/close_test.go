package redisstore_test

import (
	"testing"
	"time"

	"github.com/jamsession/jamsession/redisstore"
)

// TestCloseLeavesAGivenClientOpen, and ends the connections that Open made.
func TestCloseLeavesAGivenClientOpen(t *testing.T) {
	url := tcp(t)
	client, err := redisstore.Dial(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	store, err := redisstore.New(client, nil)
	if err != nil {
		t.Fatal(err)
	}
	cache, err := redisstore.NewCache(client, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []interface{ Close() error }{store, cache} {
		if err := part.Close(); err != nil {
			t.Error(err)
		}
		if err := client.Do(t.Context(), client.B().Ping().Build()).Error(); err != nil {
			t.Errorf("%T closed the client that it was given: %v", part, err)
		}
	}

	store, err = redisstore.Open(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	cache, err = redisstore.OpenCache(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []interface{ Close() error }{store, cache} {
		if err := part.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := store.Create(t.Context(), record("x")); err == nil {
		t.Error("the store still has connections after Close")
	}
	if err := cache.Set(t.Context(), "x", []byte("x"), time.Minute); err == nil {
		t.Error("the cache still has connections after Close")
	}
}
