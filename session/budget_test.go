package session_test

import (
	"testing"

	"github.com/jamsession/jamsession/internal/budgettest"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// TestBudget: what a request allocates, in memory.
func TestBudget(t *testing.T) {
	m := noerror.In(session.New(memstore.New(), nil))
	budgettest.Run(t, m, map[budgettest.Case]budgettest.Budget{
		budgettest.Untouched: {Allocs: 2, Bytes: 1500},
		budgettest.Read:      {Allocs: 5, Bytes: 1950},
		budgettest.ReadLarge: {Allocs: 5, Bytes: 1950},
		budgettest.ReadWrite: {Allocs: 12, Bytes: 3000},
		budgettest.Create:    {Allocs: 30, Bytes: 4300},
		budgettest.Rotate:    {Allocs: 8, Bytes: 2350},
		budgettest.Logout:    {Allocs: 15, Bytes: 2400},
		budgettest.Items:     {Allocs: 61_000, Bytes: 19_100_000},
	})
}
