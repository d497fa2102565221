package cachedstore_test

import (
	"testing"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/internal/budgettest"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// TestBudget: what a request allocates with a cache and a store in memory, and so what
// the cache in front adds to both.
func TestBudget(t *testing.T) {
	store := noerror.In(cachedstore.New(memstore.New(), noerror.In(memstore.NewCache(1000)), nil))
	t.Cleanup(func() { _ = store.Close() })
	budgettest.Run(t, noerror.In(session.New(store, nil)), map[budgettest.Case]budgettest.Budget{
		budgettest.Untouched: {Allocs: 2, Bytes: 1500},
		budgettest.Read:      {Allocs: 18, Bytes: 3100},
		budgettest.ReadLarge: {Allocs: 18, Bytes: 3100},
		budgettest.ReadWrite: {Allocs: 50, Bytes: 5950},
		budgettest.Create:    {Allocs: 31, Bytes: 4100},
		budgettest.Rotate:    {Allocs: 52, Bytes: 5300},
		budgettest.Logout:    {Allocs: 58, Bytes: 5700},
		budgettest.Items:     {Allocs: 61_000, Bytes: 18_700_000},
	})
}
