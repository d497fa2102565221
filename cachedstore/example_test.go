package cachedstore_test

import (
	"fmt"
	"log"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

func ExampleNew() {
	// In their place: a store of package sqlstore, and a cache that all processes share.
	database, cache := memstore.New(), newMapCache()
	store, err := cachedstore.New(database, cache, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	sessions, err := session.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sessions != nil)
	// Output: true
}
