package sessiontest

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/session"
)

// RunRevocation checks that a store that makes its keys can revoke them. [Run]
// checks the rest of the contract.
func RunRevocation(t *testing.T, open func(t *testing.T) session.Store) {
	t.Helper()
	runSealer(t, revocationCases, open)
}

func runSealer(t *testing.T, cases []sealerCase, open func(t *testing.T) session.Store) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			store, ok := open(t).(sealer)
			if !ok {
				t.Fatal("the store does not have the methods Issued and Seal")
			}
			if err := checkSealer(t.Context(), c, store); err != nil {
				t.Errorf("%v\nthe contract: %s", err, c.sentence)
			}
		})
	}
}

func checkSealer(ctx context.Context, c sealerCase, store sealer) error {
	return check(ctx, contractCase{c.name, c.sentence, func(x *trial) {
		c.try(&sealerTrial{x, store})
	}}, store)
}

// A sealer is a store whose keys are the records.
type sealer interface {
	session.Store
	Issued(key string) bool
	Seal(old, next session.Record, fresh bool) (session.Record, error)
}

// A sealerCase tries one sentence of the contract of such a store.
type sealerCase struct {
	name     string
	sentence string
	try      func(x *sealerTrial)
}

type sealerTrial struct {
	*trial
	sealer sealer
}

// sealed returns a sealed record, under its key.
func (x *sealerTrial) sealed(items string) session.Record {
	rec := x.seal(session.Record{}, session.Record{Data: []byte(items), Expiry: in(time.Hour)}, false)
	x.want("Create", x.sealer.Create(x.ctx, rec), nil)
	return rec
}

func (x *sealerTrial) seal(old, next session.Record, fresh bool) session.Record {
	rec, err := x.sealer.Seal(old, next, fresh)
	x.want("Seal", err, nil)
	return rec
}

// ended returns rec as one that has expired.
func ended(rec session.Record) session.Record {
	rec.Expiry = in(-time.Second)
	return rec
}

const items = `{"a":1,"name":"J\u00f6rg"}`

var sealerCases = []sealerCase{
	{
		"SealedRecordLoads",
		"Seal returns next under the key that holds it.",
		func(x *sealerTrial) {
			rec := x.sealed(items)
			if !x.sealer.Issued(rec.Key) {
				x.failf("Issued is false for a key that Seal made")
			}
			x.holds(rec)
		},
	},
	{
		"SealedChangeLoads",
		"Each change of a record makes another key.",
		func(x *sealerTrial) {
			old := x.sealed(items)
			next := x.seal(old, session.Record{Data: []byte(`{"a":2}`), Expiry: in(time.Hour)}, false)
			x.want("Save", x.sealer.Save(x.ctx, old, next), nil)
			if next.Key == old.Key {
				x.failf("the changed record has the same key")
			}
			x.holds(next)
		},
	},
	{
		"IssuedIsByForm",
		"Issued reports whether key could be one that Seal has made.",
		func(x *sealerTrial) {
			for _, key := range []string{"", "x", newKey(), newKey() + newKey()} {
				if x.sealer.Issued(key) {
					x.failf("Issued is true for a key of %d letters and digits", len(key))
				}
			}
		},
	},
	{
		"ForgeriesAreNotFound",
		"Load must return ErrNotFound for a key that Seal has not made.",
		func(x *sealerTrial) {
			rec := x.sealed(items)
			for i := range len(rec.Key) {
				forged := []byte(rec.Key)
				forged[i] ^= 1
				if got, err := x.sealer.Load(x.ctx, string(forged)); err == nil {
					x.failf("byte %d changed: loaded data %s", i, brief(got.Data))
				}
				x.lacks(rec.Key[:i])
			}
		},
	},
	{
		"SealedExpiryIsKept",
		"The record is gone from its Expiry on.",
		func(x *sealerTrial) {
			for _, d := range []time.Duration{time.Minute, time.Hour, 24 * time.Hour} {
				x.holds(x.seal(session.Record{}, session.Record{Data: []byte(items), Expiry: in(d)}, false))
			}
			next := session.Record{Data: []byte(items), Expiry: in(-time.Minute)}
			dead := x.seal(session.Record{}, next, false)
			x.lacks(dead.Key)
			err := x.sealer.Save(x.ctx, dead, x.sealed(items))
			x.want("Save over an expired record", err, session.ErrNotFound)
		},
	},
	{
		"SealerGivesUp",
		"Every method must give up when ctx is done.",
		func(x *sealerTrial) {
			rec := x.sealed(items)
			ctx, cancel := context.WithCancel(x.ctx)
			cancel()
			_, err := x.sealer.Load(ctx, rec.Key)
			x.want("Load", err, context.Canceled)
			x.want("Create", x.sealer.Create(ctx, rec), context.Canceled)
			x.want("Save", x.sealer.Save(ctx, rec, ended(rec)), context.Canceled)
			x.want("Delete", x.sealer.Delete(ctx, rec.Key), context.Canceled)
			_, err = x.sealer.ClearExpired(ctx, time.Now())
			x.want("ClearExpired", err, context.Canceled)
			x.holds(rec)
		},
	},
}

var revocationCases = []sealerCase{
	{
		"LogoutIsFinal",
		"A new whose Expiry has passed ends the record.",
		func(x *sealerTrial) {
			old := x.sealed(items)
			inFlight := x.seal(old, session.Record{Data: []byte(`{"a":2}`), Expiry: in(time.Hour)}, false)
			other := x.sealed(items)
			x.want("Save that ends", x.sealer.Save(x.ctx, old, ended(old)), nil)
			x.lacks(old.Key)
			x.want("Save over an ended record", x.sealer.Save(x.ctx, old, inFlight), session.ErrNotFound)
			x.lacks(inFlight.Key)
			x.want("Save that ends again", x.sealer.Save(x.ctx, old, ended(old)), session.ErrNotFound)
			x.want("Delete of an ended record", x.sealer.Delete(x.ctx, old.Key), session.ErrNotFound)
			x.holds(other)
		},
	},
	{
		"DeleteIsFinal",
		"Delete removes the record.",
		func(x *sealerTrial) {
			old := x.sealed(items)
			inFlight := x.seal(old, session.Record{Data: []byte(`{"a":2}`), Expiry: in(time.Hour)}, false)
			x.want("Save", x.sealer.Save(x.ctx, old, inFlight), nil)
			x.want("Delete", x.sealer.Delete(x.ctx, old.Key), nil)
			x.lacks(old.Key)
			x.lacks(inFlight.Key)
			x.want("Delete of the same session", x.sealer.Delete(x.ctx, inFlight.Key), session.ErrNotFound)
			x.want("Save over a deleted record", x.sealer.Save(x.ctx, old, inFlight), session.ErrNotFound)
		},
	},
	{
		"FreshKeyHasNothingInCommon",
		"If fresh, the new key must have nothing in common with the old one.",
		func(x *sealerTrial) {
			old := x.sealed(items)
			next := x.seal(old, session.Record{Data: old.Data, Expiry: in(time.Hour)}, true)
			x.want("Save under a fresh key", x.sealer.Save(x.ctx, old, next), nil)
			x.lacks(old.Key)
			x.want("Delete of the old key", x.sealer.Delete(x.ctx, old.Key), session.ErrNotFound)
			x.holds(next)
		},
	},
	{
		"RaceOfLogoutAndRotation",
		"Of a logout and a fresh key at the same time, one fails.",
		func(x *sealerTrial) {
			for range 50 {
				old := x.sealed(items)
				next := x.seal(old, session.Record{Data: old.Data, Expiry: in(time.Hour)}, true)
				var wg sync.WaitGroup
				var errs [2]error
				wg.Go(func() { errs[0] = x.sealer.Save(x.ctx, old, next) })
				wg.Go(func() { errs[1] = x.sealer.Delete(x.ctx, old.Key) })
				wg.Wait()
				if x.oneOf(errs[:], session.ErrNotFound) == 0 {
					x.holds(next)
				}
				x.lacks(old.Key)
			}
		},
	},
	{
		"SealedDataIsKept",
		"Seal may add data, and takes none away.",
		func(x *sealerTrial) {
			rec := x.sealed(items)
			for _, item := range []string{`"a":1`, `"name":"J\u00f6rg"`} {
				if !bytes.Contains(rec.Data, []byte(item)) {
					x.failf("sealed data is %s", brief(rec.Data))
				}
			}
		},
	},
}
