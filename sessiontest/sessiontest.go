// Package sessiontest tests whether a [session.Store] keeps its contract. The
// test of a store is one call:
//
//	func TestStore(t *testing.T) {
//		sessiontest.Run(t, func(t *testing.T) session.Store {
//			return mystore.New(startServer(t))
//		})
//	}
//
// Each case runs on a separate store and, if it fails, prints the sentence of
// the contract that was broken. Run it with -race as well.
//
// # What it cannot see
//
// The kit tests a store while its server is up. The behaviour when the server is
// down or slow, or the connection breaks during an answer, depends on the
// client: test it yourself. One such case is a deletion whose answer is lost:
// its error must not be session.ErrNotFound.
package sessiontest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/session"
)

// Run checks the store that open returns. It calls open once for each case, which
// expects a store that is empty or at least without the case's random keys; open
// may register clean-ups with t. For a store that makes its keys, with the
// methods Issued and Seal, the cases differ; if it can revoke a key, call
// [RunRevocation], too.
func Run(t *testing.T, open func(t *testing.T) session.Store) {
	t.Helper()
	if _, ok := open(t).(sealer); ok {
		runSealer(t, sealerCases, open)
		return
	}
	for _, c := range allCases() {
		t.Run(c.name, func(t *testing.T) {
			if err := check(t.Context(), c, open(t)); err != nil {
				t.Errorf("%v\nthe contract: %s", err, c.sentence)
			}
		})
	}
}

// A contractCase tries one sentence of the contract of session.Store.
type contractCase struct {
	name     string
	sentence string
	try      func(x *trial)
}

func allCases() []contractCase {
	var all []contractCase
	all = append(all, recordCases...)
	all = append(all, saveCases...)
	all = append(all, moveCases...)
	all = append(all, errorCases...)
	return append(all, raceCases...)
}

// check runs one case and returns how the contract was broken, or nil.
func check(ctx context.Context, c contractCase, store session.Store) (err error) {
	defer func() {
		v := recover()
		found, ok := v.(violation)
		if v != nil && !ok {
			panic(v)
		}
		err = found.err
	}()
	c.try(&trial{ctx, store})
	return nil
}

// A trial is one run of a case. Its methods end the case by panicking with a
// violation, so that a case reads as a list of conditions.
type trial struct {
	ctx   context.Context
	store session.Store
}

type violation struct{ err error }

func (x *trial) failf(format string, args ...any) {
	panic(violation{fmt.Errorf(format, args...)})
}

// want fails unless err is want, which may be nil.
func (x *trial) want(doing string, err, want error) {
	if !errors.Is(err, want) {
		x.failf("%s: got error %v, want %v", doing, err, want)
	}
}

// record returns a new record that lives for an hour.
func (x *trial) record(data string) session.Record {
	return session.Record{Key: newKey(), Data: []byte(data), Expiry: in(time.Hour)}
}

// created returns a record that is in the store.
func (x *trial) created(data string) session.Record {
	rec := x.record(data)
	x.want("Create", x.store.Create(x.ctx, rec), nil)
	return rec
}

// holds fails unless the store holds rec.
func (x *trial) holds(rec session.Record) {
	got, err := x.store.Load(x.ctx, rec.Key)
	x.want("Load of a stored record", err, nil)
	if got.Key != rec.Key {
		x.failf("Load: the record has another key than the argument")
	}
	if !bytes.Equal(got.Data, rec.Data) {
		x.failf("Load: got data %s, want %s", brief(got.Data), brief(rec.Data))
	}
	if off := got.Expiry.Sub(rec.Expiry).Abs(); !got.Expiry.IsZero() && off > time.Second {
		x.failf("Load: expiry is %v off", off)
	}
}

// lacks fails if the store holds something under key.
func (x *trial) lacks(key string) {
	_, err := x.store.Load(x.ctx, key)
	x.want("Load of a record that should not exist", err, session.ErrNotFound)
}

// with returns rec with other data.
func with(rec session.Record, data string) session.Record {
	rec.Data = []byte(data)
	return rec
}

// expired returns rec with an expiry that has passed.
func expired(rec session.Record) session.Record {
	rec.Expiry = in(-time.Minute)
	return rec
}

// moved returns rec under another key.
func moved(rec session.Record) session.Record {
	rec.Key = newKey()
	return rec
}

func in(d time.Duration) time.Time {
	return time.Now().Add(d).UTC().Truncate(time.Microsecond)
}

// newKey returns 32 random characters of a key's alphabet.
func newKey() string {
	return strings.ToLower(rand.Text() + rand.Text())[:32]
}

func brief(data []byte) string {
	if len(data) > 40 {
		return fmt.Sprintf("%q... (%d bytes)", data[:40], len(data))
	}
	return fmt.Sprintf("%q", data)
}
