package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/jamsession/jamsession/internal/authsession"
	"github.com/jamsession/jamsession/internal/expiry"
	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// A Session is one visitor's items: an ordered map from name to JSON value.
// [From] and [Manager.ByKey] make one. Its methods, and those
// of [Item], are safe for concurrent use.
//
// Items stay the text that was loaded until they are asked for, and go back
// to the store byte for byte if they are not changed.
type Session struct {
	m     *Manager
	visit *http.Request // nil outside of a request

	mu     sync.Mutex
	key    string         // as the visitor has it; "" for none
	stored version        // as the store has it; zero for none
	items  rawjson.Object // stored, with changes applied

	changes []change // since stored was loaded, to be replayed on conflict
	doomed  []doomed // what Flush gave up, to be deleted
	missing []doomed // the keys that were sent, found no session, and may have left one
	lookups int      // how many of the keys that were sent the store was asked for
	began   int64    // the number of departures when the request came
	loading timelimit.Context

	// As they were loaded: the items that say when the session began and when it ends,
	// and the record's expiry.
	birth, ownExpiry []byte
	loadedExpiry     time.Time

	replaced Record // by the save that gave the session a new key; zero if it was new

	follower authsession.Follower // nil: nobody is told of saves

	state
}

// A change is one operation on the items, kept so that it can be repeated on
// items that another request has saved meanwhile: do, or if that is nil, that
// a member is put.
type change struct {
	do interface {
		on(items *rawjson.Object) error
	}
	member rawjson.Member
}

// A doomed record is one that Flush gave up.
type doomed struct {
	key     string // as the store has it
	asked   bool   // the store was asked to delete it, and it is not known whether it did
	maybe   bool   // it may have been dead for long, or its login has ended
	unasked bool   // nobody has asked for a logout: see authsession
}

// An operation is a change that is a function.
type operation func(items *rawjson.Object) error

func (op operation) on(items *rawjson.Object) error { return op(items) }

func (c *change) on(items *rawjson.Object) error {
	if c.do != nil {
		return c.do.on(items)
	}
	items.Put(c.member)
	return nil
}

// Set stores value under name, at its old place or else as the last item. It is encoded
// at once, so that later changes to the data that value points to have no effect. If JSON
// cannot hold the value, the save fails with an error that wraps [ErrType].
func (s *Session) Set(name string, value any) {
	member, err := rawjson.NewMember(name, value)
	c := change{member: member}
	if err != nil {
		err = cannotBeSet(name, err)
		c.do = operation(func(*rawjson.Object) error { return err })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apply(c)
}

// Has reports whether there is an item of this name.
func (s *Session) Has(name string) bool {
	_, ok := s.raw(name)
	return ok
}

// Delete removes the named items. It ignores names that do not exist, and if none exists
// the session is not modified.
func (s *Session) Delete(names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sees(lookItems)
	for _, name := range names {
		if _, ok := s.items.Get(name); ok {
			s.apply(removal(name))
		}
	}
}

func removal(name string) change {
	return change{do: operation(func(items *rawjson.Object) error {
		items.Delete(name)
		return nil
	})}
}

// Names returns the names of all items in order, those of the framework
// included: they begin with an underscore.
func (s *Session) Names() []string {
	var names []string
	for name := range s.All() {
		names = append(names, name)
	}
	return names
}

// All yields the items in order, as they are when the loop begins. Python
// writes values that are not JSON: NaN, Infinity and -Infinity.
func (s *Session) All() iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		s.mu.Lock()
		s.sees(lookItems)
		items := s.items.Clone()
		s.mu.Unlock()
		for name, raw := range items.All() {
			if !yield(name, slices.Clone(raw)) {
				return
			}
		}
	}
}

// Clear removes all items. The session keeps its key; see [Session.Flush].
func (s *Session) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apply(change{do: operation(func(items *rawjson.Object) error {
		items.Clear()
		return nil
	})})
}

// Flush removes all items and gives up the key: the record is deleted before
// the response begins, whatever its status, and the cookie is removed. What
// is set afterwards goes into a new session. (If that is not saved because of
// a status of 500 or above, the cookie stays, as in Django; it opens nothing.)
//
// If the record is gone by then, and this process has not ended the session, a concurrent
// request may have moved it to a new key. The response is then that of [ErrInterrupted], and the
// cookie is removed. So a logout that succeeds has ended the session. If the request
// carries several cookies of the name, those of other domains or paths, their sessions
// end as well, up to four.
func (s *Session) Flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flush()
}

// flush is Flush. The caller holds the lock. Of a session that was not loaded all keys that
// were sent are given up; one that no record has counts as that of a session that had ended,
// unless this process has moved it.
func (s *Session) flush() {
	s.markDoomed(false)
	if s.isStored() {
		s.doomed = append(s.doomed, doomed{key: s.stored.Key})
	}
	s.doomed = append(s.doomed, s.missing...)
	for key := range s.untriedKeys() {
		s.lookups++
		s.doomed = append(s.doomed, doomed{key: s.m.storeKey(key), maybe: true})
	}
	s.giveUp()
	s.gaveUp = true
	s.warnIfOver()
}

// discard is authsession.Discard.
func (s *Session) discard() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isStored() {
		s.doomed = append(s.doomed, doomed{key: s.stored.Key, unasked: true})
	}
	s.giveUp()
}

// markDoomed notes whether a logout is why records are to be deleted.
func (s *Session) markDoomed(unasked bool) {
	for i := range s.doomed {
		s.doomed[i].unasked = unasked
	}
}

// giveUp makes the session a new one.
func (s *Session) giveUp() {
	s.key, s.stored, s.birth, s.missing = "", version{}, nil, nil
	s.items.Clear()
	s.changes, s.err = nil, nil
	s.sees(lookItems)
	s.record, s.pending = recordNone, pendingChanges
	s.late, s.mayStartAnew = false, false
	s.newKey, s.replaced = false, Record{} // what was given up is not taken back
	s.follower = nil
}

// overtaken is authsession.Overtaken.
func (s *Session) overtaken() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.late
}

// startAnew is authsession.StartAnew.
func (s *Session) startAnew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.markDoomed(true)
	s.mayStartAnew = true
}

// CycleKey gives the session a new key when it is saved. The record moves: the old key is
// gone in the same step. Do it whenever the visitor gains rights; auth.Manager.Login
// does. On a session that has no key yet it creates one, even without items. If the
// visitor has left by then, or if a handler around the manager answers in its place, as
// http.TimeoutHandler does, the session keeps its old key and its old items.
func (s *Session) CycleKey() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustSave(pendingRotation)
	s.warnIfOver()
}

// Key returns the key under which the session was loaded or last saved, or
// "" if there is none yet. It opens the session: do not print it, and use
// [Session.Fingerprint] to name one. Asking for it counts as looking at the
// session: the response gets Vary: Cookie.
func (s *Session) Key() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sees(lookName)
	return s.key
}

// Fingerprint names the session in logs and consoles, or is "new" if it has
// not been saved yet. See [Fingerprint]. Asking for it counts as looking at the
// session, and so does printing it: the response gets Vary: Cookie.
func (s *Session) Fingerprint() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sees(lookName)
	if !s.isStored() {
		return "new"
	}
	return Fingerprint(s.stored.Key)
}

// String returns "session" and the fingerprint; never the key or an item. Package
// text/template finds it, and does not find Format.
func (s *Session) String() string { return "session " + s.Fingerprint() }

// Format implements [fmt.Formatter]: every verb prints [Session.String]. Package
// slog writes that as text, and {} as JSON: log the Fingerprint.
func (s *Session) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// raw returns the text of an item, which must not be changed.
func (s *Session) raw(name string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sees(lookItems)
	return s.items.Get(name)
}

// apply makes one change, and remembers it for a replay. The caller holds the
// lock.
func (s *Session) apply(c change) {
	s.mustSave(pendingChanges)
	s.warnIfOver()
	s.changes = append(s.changes, c)
	if err := c.on(&s.items); err != nil && s.err == nil {
		s.err = err
	}
}

// warnIfOver tells the log once of a change that nobody saves.
func (s *Session) warnIfOver() {
	if s.over {
		s.over = false
		s.m.opts.Logger.Warn("session: changed after the request has ended; " +
			"the change is lost unless Save stores it")
	}
}

// load asks the store, once. The caller holds the lock.
func (s *Session) load(ctx context.Context) error {
	switch s.record {
	case recordUnasked:
	case recordUnknown:
		return s.err
	default:
		return nil
	}
	s.loading.Begin(ctx, s.m.opts.Timeout)
	err := s.search(ctx)
	s.loading.End()
	if err != nil {
		s.record, s.err = recordUnknown, err
	}
	return err
}

// search looks for the session under the keys that were sent. The first that is alive
// counts: a cookie of another domain or path that names a dead one must not hide it.
func (s *Session) search(ctx context.Context) error {
	found, err := s.try(ctx, s.key)
	if !found && err == nil {
		found, err = s.tryOthers(ctx)
	}
	if !found && err == nil {
		s.key, s.record = "", recordNone
	}
	return err
}

func (s *Session) tryOthers(ctx context.Context) (found bool, err error) {
	for key := range s.untriedKeys() {
		if found, err = s.try(ctx, key); found || err != nil {
			break
		}
	}
	return found, err
}

// untriedKeys yields the keys that were sent and not looked up, as many as may be.
func (s *Session) untriedKeys() iter.Seq[string] {
	return func(yield func(string) bool) {
		n := 0
		for key := range s.m.sentKeys(s.visit) {
			if n++; n > maxLookups || n > s.lookups && !yield(key) {
				return
			}
		}
	}
}

// try looks for the session under one key, and reports whether it is alive.
func (s *Session) try(ctx context.Context, key string) (found bool, err error) {
	if !s.m.issued(key) {
		return false, nil
	}
	s.lookups++
	storeKey := s.m.storeKey(key)
	stored, err := s.m.version(&s.loading, storeKey)
	switch {
	case errors.Is(err, ErrNotFound):
		s.noteMissing(storeKey)
		return false, nil
	case err != nil:
		return false, storeError("load", err)
	}
	items, err := s.m.decode(ctx, stored)
	if errors.Is(err, ErrCorrupt) {
		s.missing = append(s.missing, doomed{key: storeKey, maybe: true})
		return false, nil
	}
	if err != nil || s.m.outlived(&items) {
		return false, err
	}
	s.key, s.stored, s.items = key, stored, items
	s.record, s.wasFound = recordStored, true
	s.birth, _ = items.Get(createdItem)
	s.ownExpiry, _ = items.Get(expiry.Item)
	s.loadedExpiry = stored.Expiry
	s.m.observe(ctx, EventLoaded, stored.Key, 0)
	return true, nil
}

// noteMissing notes what became of a key that was sent, if this process knows.
func (s *Session) noteMissing(storeKey string) {
	if s.visit == nil {
		return
	}
	gone, ok := s.m.departed.find(storeKey)
	s.late = s.late || ok && gone.overtook(s.began)
	if ok && gone.moved() {
		s.missing = append(s.missing, doomed{key: storeKey})
	}
}

// moves reports whether the next save changes the key, and so the cookie.
func (s *Session) moves() bool {
	return s.pending == pendingRotation || !s.isStored() || s.m.sealer != nil
}

// empty reports Django's is_empty: no record and no item.
func (s *Session) empty() bool {
	return !s.isStored() && s.items.Len() == 0 && s.pending < pendingRotation
}
