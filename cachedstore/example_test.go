package cachedstore_test

import (
	"fmt"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

func ExampleNew() {
	// In their place: a sqlstore.Store, and a cache that all processes share.
	database, cache := memstore.New(), newMapCache()
	store := cachedstore.New(database, cache, nil)
	defer store.Close()
	sessions := session.New(store, nil)
	fmt.Println(sessions != nil)
	// Output: true
}
