//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package filestore_test

import (
	"testing"

	"github.com/jamsession/jamsession/internal/budgettest"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

// TestBudget: what a request allocates.
func TestBudget(t *testing.T) {
	store := open(t, folder(t), nil)
	budgettest.Run(t, noerror.In(session.New(store, nil)), map[budgettest.Case]budgettest.Budget{
		budgettest.Untouched: {Allocs: 2, Bytes: 1500},
		budgettest.Read:      {Allocs: 21, Bytes: 3700},
		budgettest.ReadLarge: {Allocs: 36, Bytes: 165_000},
		budgettest.ReadWrite: {Allocs: 107, Bytes: 12_450},
		budgettest.Create:    {Allocs: 76, Bytes: 7350},
		budgettest.Rotate:    {Allocs: 90, Bytes: 9850},
		budgettest.Logout:    {Allocs: 56, Bytes: 6400},
		budgettest.Items:     {Allocs: 61_000, Bytes: 18_700_000},
	})
}
