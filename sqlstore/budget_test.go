package sqlstore_test

import (
	"testing"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/budgettest"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// TestBudget: what a request allocates, on SQLite.
func TestBudget(t *testing.T) {
	store, _ := open(t, tempFile(t), sqlstore.Options{})
	budgettest.Run(t, noerror.In(session.New(store, nil)), map[budgettest.Case]budgettest.Budget{
		budgettest.Untouched: {Allocs: 2, Bytes: 1500},
		budgettest.Read:      {Allocs: 50, Bytes: 4700},
		budgettest.ReadLarge: {Allocs: 52, Bytes: 167_000},
		budgettest.ReadWrite: {Allocs: 87, Bytes: 7550},
		budgettest.Create:    {Allocs: 54, Bytes: 5400},
		budgettest.Rotate:    {Allocs: 83, Bytes: 7050},
		budgettest.Logout:    {Allocs: 82, Bytes: 6250},
		budgettest.Items:     {Allocs: 61_000, Bytes: 19_100_000},
	})
}

// TestServerBudget: what a request allocates, on MariaDB. PostgreSQL has pgstore.
func TestServerBudget(t *testing.T) {
	forEachServer(t, func(t *testing.T, b backend) {
		if b.dialect != django.MySQL {
			return
		}
		store, _ := b.open(t, b.shared(t), sqlstore.Options{})
		budgettest.Run(t, noerror.In(session.New(store, nil)), map[budgettest.Case]budgettest.Budget{
			budgettest.Untouched: {Allocs: 2, Bytes: 1500},
			budgettest.Read:      {Allocs: 45, Bytes: 4200},
			budgettest.ReadLarge: {Allocs: 45, Bytes: 86_000},
			budgettest.ReadWrite: {Allocs: 79, Bytes: 6750},
			budgettest.Create:    {Allocs: 52, Bytes: 5150},
			budgettest.Rotate:    {Allocs: 76, Bytes: 6300},
			budgettest.Logout:    {Allocs: 77, Bytes: 5600},
			budgettest.Items:     {Allocs: 61_000, Bytes: 19_900_000},
		})
	})
}
