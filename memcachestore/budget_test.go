package memcachestore_test

import (
	"testing"

	"github.com/jamsession/jamsession/internal/budgettest"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/memcachestore"
	"github.com/jamsession/jamsession/session"
)

// TestBudget: what a request allocates.
func TestBudget(t *testing.T) {
	store := open(t, memcachestore.Options{}, servertest.Memcached(t).Addr)
	budgettest.Run(t, noerror.In(session.New(store, nil)), map[budgettest.Case]budgettest.Budget{
		budgettest.Untouched: {Allocs: 2, Bytes: 1500},
		budgettest.Read:      {Allocs: 26, Bytes: 3750},
		budgettest.ReadLarge: {Allocs: 26, Bytes: 85_000},
		budgettest.ReadWrite: {Allocs: 65, Bytes: 7000},
		budgettest.Create:    {Allocs: 47, Bytes: 5450},
		budgettest.Rotate:    {Allocs: 75, Bytes: 7200},
		budgettest.Logout:    {Allocs: 66, Bytes: 6250},
		budgettest.Items:     {Allocs: 61_000, Bytes: 19_100_000},
	})
}
