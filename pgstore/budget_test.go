package pgstore_test

import (
	"testing"

	"github.com/jamsession/jamsession/internal/budgettest"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/session"
)

// TestBudget: what a request allocates.
func TestBudget(t *testing.T) {
	store, _ := open(t, servertest.Postgres(t))
	budgettest.Run(t, noerror.In(session.New(store, nil)), map[budgettest.Case]budgettest.Budget{
		budgettest.Untouched: {Allocs: 2, Bytes: 1500},
		budgettest.Read:      {Allocs: 31, Bytes: 3950},
		budgettest.ReadLarge: {Allocs: 31, Bytes: 85_000},
		budgettest.ReadWrite: {Allocs: 64, Bytes: 7450},
		budgettest.Create:    {Allocs: 48, Bytes: 5450},
		budgettest.Rotate:    {Allocs: 61, Bytes: 6950},
		budgettest.Logout:    {Allocs: 60, Bytes: 5650},
		budgettest.Items:     {Allocs: 61_000, Bytes: 19_900_000},
	})
}
