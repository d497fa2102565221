package cookiestore_test

import (
	"testing"

	"github.com/jamsession/jamsession/cookiestore"
	"github.com/jamsession/jamsession/internal/budgettest"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/session"
)

// TestBudget: what a request allocates. Large sessions do not fit into a cookie.
func TestBudget(t *testing.T) {
	store := noerror.In(cookiestore.New(secrettest.Keys("a secret"), nil))
	budgettest.Run(t, noerror.In(session.New(store, nil)), map[budgettest.Case]budgettest.Budget{
		budgettest.Untouched: {Allocs: 2, Bytes: 1500},
		budgettest.Read:      {Allocs: 9, Bytes: 2600},
		budgettest.ReadWrite: {Allocs: 20, Bytes: 5700},
		budgettest.Create:    {Allocs: 32, Bytes: 6000},
		budgettest.Rotate:    {Allocs: 17, Bytes: 5600},
		budgettest.Logout:    {Allocs: 22, Bytes: 3950},
	})
}
