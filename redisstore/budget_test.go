package redisstore_test

import (
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/budgettest"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/redisstore"
	"github.com/jamsession/jamsession/session"
)

// TestBudget: what a request allocates.
func TestBudget(t *testing.T) {
	store := open(t, tcp(t), redisstore.Options{})
	budgettest.Run(t, noerror.In(session.New(store, nil)), map[budgettest.Case]budgettest.Budget{
		budgettest.Untouched: {Allocs: 2, Bytes: 1500},
		budgettest.Read:      {Allocs: 9, Bytes: 2350},
		budgettest.ReadLarge: {Allocs: 9, Bytes: 84_000},
		budgettest.ReadWrite: {Allocs: 19, Bytes: 3750},
		budgettest.Create:    {Allocs: 32, Bytes: 4300},
		budgettest.Rotate:    {Allocs: 17, Bytes: 3100},
		budgettest.Logout:    {Allocs: 21, Bytes: 2950},
		budgettest.Items:     {Allocs: 61_000, Bytes: 19_100_000},
	})
}

// TestCachedBudget: what a request allocates if what it reads is in the client's cache.
func TestCachedBudget(t *testing.T) {
	store := open(t, tcp(t), redisstore.Options{ClientCache: time.Minute})
	budgettest.Run(t, noerror.In(session.New(store, nil)), map[budgettest.Case]budgettest.Budget{
		budgettest.Read:      {Allocs: 7, Bytes: 2000},
		budgettest.ReadLarge: {Allocs: 7, Bytes: 2000},
		budgettest.ReadWrite: {Allocs: 31, Bytes: 4850},
	})
}
