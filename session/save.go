package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jamsession/jamsession/internal/authsession"
	"github.com/jamsession/jamsession/internal/jitter"
	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// maxReplays bounds how often one save is repeated. In each round at least
// one of the competing requests gets through, so that only more requests than
// this on one session at one moment can fail.
const maxReplays = 200

// Save stores the session now, if it was changed. Handlers need not call it:
// [Manager.Handler] saves before the response begins. It is for programs without a
// request, and for handlers that need to know the outcome.
//
// It returns an error that wraps [ErrUnavailable], [ErrInterrupted],
// [ErrTooLarge] or [ErrType], [ErrRefused] by Options.MayCreate, and
// [ErrTooLate] if the response has begun and
// the cookie would have to change. After an error the session still holds its
// changes.
func (s *Session) Save(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sees(lookItems)
	if err := s.load(ctx); err != nil {
		return err
	}
	return s.saveNow(ctx)
}

// saveNow is Save on a session that is loaded. The caller holds the lock.
func (s *Session) saveNow(ctx context.Context) error {
	ctx, cancel := timelimit.Within(ctx, s.m.opts.Timeout)
	defer cancel()
	if err := s.deleteDoomed(ctx); err != nil {
		return err
	}
	if s.err != nil {
		return s.err
	}
	if !s.isModified() || s.empty() {
		return nil
	}
	if s.answer != answerOpen && s.moves() {
		return ErrTooLate
	}
	if err := s.save(ctx); err != nil {
		return err
	}
	s.sendKey = true
	return nil
}

// save writes the record. The caller holds the lock and has loaded.
func (s *Session) save(ctx context.Context) error {
	if s.err != nil {
		return s.err
	}
	if err := s.announceSave(ctx); err != nil {
		return err
	}
	if !s.isStored() {
		return s.create(ctx)
	}
	for replays := 0; ; replays++ {
		err := s.replace(ctx)
		switch {
		case errors.Is(err, ErrNotFound):
			return s.interrupted(ctx)
		case errors.Is(err, ErrConflict) && replays < maxReplays:
			s.m.observe(ctx, EventConflict, s.stored.Key, 0)
		case errors.Is(err, ErrConflict):
			return unavailable("save", err)
		default:
			if err == nil && replays > 0 {
				s.m.observe(ctx, EventReplayed, s.stored.Key, replays)
			}
			return err
		}
		err = s.replay(ctx, replays)
		if errors.Is(err, ErrNotFound) {
			return s.interrupted(ctx)
		}
		if err != nil {
			return err
		}
		if !s.isModified() && !s.refreshDue(time.Now()) {
			return nil // another request has moved the expiry
		}
	}
}

// create stores a session that has no record yet, under a fresh key. If the key that
// was sent has just been given up, the visitor may have another one by now, and the
// answer would replace it: that is for a login only.
func (s *Session) create(ctx context.Context) error {
	if s.late && s.pending != pendingRotation {
		return ErrInterrupted
	}
	if !s.mayCreate() {
		return ErrRefused
	}
	key, next, err := s.underNewKey(func(rec Record) error {
		return s.m.createRecord(ctx, rec)
	})
	if err != nil {
		return err
	}
	s.saved(key, next)
	s.m.observe(ctx, EventCreated, next.Key, 0)
	return nil
}

// replace saves over the stored record, under a new key if it is to rotate.
func (s *Session) replace(ctx context.Context) (err error) {
	key, next := s.key, version{}
	if s.moves() {
		key, next, err = s.underNewKey(func(rec Record) error {
			return s.m.saveRecord(ctx, s.stored.Record, rec)
		})
	} else if next, err = s.next(s.stored.Key); err == nil {
		err = storeError("save", s.m.saveRecord(ctx, s.stored.Record, next.Record))
	}
	if err != nil {
		return err
	}
	if s.pending == pendingRotation {
		s.m.departed.noteMove(s.stored.Key, next.Key)
	}
	s.saved(key, next)
	s.m.observe(ctx, EventSaved, next.Key, 0)
	return nil
}

// underNewKey draws keys until put finds one that is not taken. With 165 bits
// the first one is free; a second collision means that the store is broken.
func (s *Session) underNewKey(put func(Record) error) (key string, next version, err error) {
	for range 3 {
		key = newKey()
		next, err = s.next(s.m.storeKey(key))
		if err == nil && s.m.sealer != nil {
			next.Record, err = s.seal(next.Record)
			key = next.Key
		}
		if err != nil {
			return "", version{}, err
		}
		if err = put(next.Record); !errors.Is(err, ErrExists) {
			return key, next, storeError("save", err)
		}
	}
	return "", version{}, unavailable("save", err)
}

// next is what the store is to keep.
func (s *Session) next(storeKey string) (version, error) {
	now := time.Now()
	if s.m.opts.AbsoluteTimeout > 0 {
		s.stamp(now)
	}
	next := s.stored // with its Data, if only the expiry or the key changes
	next.Key = storeKey
	next.Expiry = s.m.lifetime(&s.items, now).deadline.Truncate(time.Microsecond)
	if len(s.changes) == 0 && s.isStored() {
		return next, nil
	}
	text := s.items.AppendTo(nil)
	if len(text) > rawjson.MaxSize || s.items.Len() > rawjson.MaxMembers {
		return version{}, fmt.Errorf("%w: %d items, %d bytes", ErrTooLarge, s.items.Len(), len(text))
	}
	var err error
	if p, ok := s.m.opts.Codec.(preserver); ok && s.isStored() {
		next.decoded = nil // there may be more in the data than in the text
		next.Data, err = p.EncodeOver(s.stored.Data, text)
		return next, err
	}
	next.Data, err = s.m.opts.Codec.Encode(text)
	next.decoded = s.m.madeOf(&s.items, text, next.Data)
	return next, err
}

// maxCookie is how many bytes of name and value a browser keeps; a larger
// cookie it drops without a word (RFC 6265bis, 5.6).
const maxCookie = 4096

// seal puts the record into the key.
func (s *Session) seal(rec Record) (Record, error) {
	rec, err := s.m.sealer.Seal(s.stored.Record, rec, s.pending == pendingRotation)
	if err != nil {
		return Record{}, err
	}
	if n := len(s.m.opts.Cookie.Name) + len(rec.Key); n > maxCookie {
		return Record{}, fmt.Errorf("%w: the cookie would have %d bytes, and browsers keep %d; "+
			"keep less in the session, or choose another engine", ErrTooLarge, n, maxCookie)
	}
	return rec, nil
}

// stamp notes when the session began, where the absolute limit needs it. That
// the items were cleared does not make the session a new one.
func (s *Session) stamp(now time.Time) {
	if _, ok := s.items.Get(createdItem); ok {
		return
	}
	raw := s.birth
	if raw == nil {
		raw, _ = rawjson.AppendValue(nil, now.Unix())
	}
	stamp := change{do: operation(func(items *rawjson.Object) error {
		if _, ok := items.Get(createdItem); !ok {
			items.Set(createdItem, raw)
		}
		return nil
	})}
	_ = stamp.on(&s.items)
	s.changes = append(s.changes, stamp) // without a mark: nobody changed an item
}

// replay loads what another request has saved and repeats the changes on it.
func (s *Session) replay(ctx context.Context, round int) error {
	if err := jitter.Pause(ctx, round); err != nil {
		return unavailable("replay", err)
	}
	stored, err := s.m.version(ctx, s.stored.Key)
	if errors.Is(err, ErrNotFound) {
		return err
	}
	if err != nil {
		return storeError("replay", err)
	}
	items, err := s.m.decode(ctx, stored)
	if errors.Is(err, ErrCorrupt) {
		return unavailable("replay", err) // it was sound; somebody has a key that this process lacks
	}
	if err != nil {
		return err
	}
	for _, change := range s.changes {
		if err := change.on(&items); err != nil {
			s.err = err
			return err
		}
	}
	s.stored, s.items = stored, items
	return nil
}

// interrupted notes that the record is gone. A request that only read is not told.
func (s *Session) interrupted(ctx context.Context) error {
	s.m.observe(ctx, EventInterrupted, s.stored.Key, 0)
	if s.startsAnew() {
		s.stored, s.record = version{}, recordNone
		return s.create(ctx)
	}
	s.record = recordGone
	if s.isModified() {
		return ErrInterrupted
	}
	return nil
}

// startsAnew reports whether the items may go into a record of their own, as
// authsession.StartAnew says.
func (s *Session) startsAnew() bool {
	if !s.mayStartAnew || s.pending != pendingRotation {
		return false
	}
	loaded, err := s.m.parse(s.stored.Record)
	_, isUsers := loaded.Get(authsession.UserItem)
	return err == nil && !isUsers
}

// saved notes what the store holds now.
func (s *Session) saved(key string, next version) {
	s.m.remember(next)
	if s.moves() && !s.newKey {
		s.newKey, s.replaced = true, s.stored.Record
	}
	s.key, s.stored = key, next
	s.record, s.changes, s.pending = recordStored, nil, pendingNothing
	s.announceSaved()
}

// deleteDoomed deletes what Flush gave up. It returns [ErrInterrupted] if a
// record was gone already, and its session may live on under a new key: nobody must be
// told that it has ended.
func (s *Session) deleteDoomed(ctx context.Context) error {
	missed := false
	for len(s.doomed) > 0 {
		d := &s.doomed[0]
		err := s.m.deleteRecord(ctx, d.key)
		switch {
		case err == nil:
			s.m.departed.noteEnd(d.key)
			s.m.observe(ctx, EventDeleted, d.key, 0)
			s.gaveUp = true
		case errors.Is(err, ErrNotFound) && d.unasked:
			s.noteOvertaken(d)
		case errors.Is(err, ErrNotFound) && !s.m.mayLive(d):
		case errors.Is(err, ErrNotFound) && !d.asked:
			s.m.observe(ctx, EventInterrupted, d.key, 0)
			missed = true
		default: // also if it is gone since an attempt that was not answered
			d.asked = true
			return unavailable("delete", err)
		}
		s.doomed = s.doomed[1:]
	}
	if missed {
		s.missed = true
		return ErrInterrupted
	}
	return nil
}

// noteOvertaken notes that another request has moved or ended the session that this one
// had loaded. What comes now comes late, and a logout must not say that it has ended it.
func (s *Session) noteOvertaken(d *doomed) {
	s.late = true
	s.missing = append(s.missing, doomed{key: d.key, maybe: d.maybe})
}

// mayLive reports whether the session of a record that is gone may live on under another
// key. If this process has ended it, it does not.
func (m *Manager) mayLive(d *doomed) bool {
	if may, known := m.departed.lives(d.key); known {
		return may
	}
	return !d.maybe
}

// refreshes reports whether there are saves for the sake of the expiry at all.
func (s *Session) refreshes() bool {
	o := &s.m.opts
	return s.isStored() && (o.IdleTimeout > 0 || o.SaveEveryRequest)
}

// refreshDue reports whether a session that was looked at but not changed is
// to be saved for the sake of its expiry. A session that lives shorter than
// the options say is refreshed more often, or it would end while it is used.
func (s *Session) refreshDue(now time.Time) bool {
	o := &s.m.opts
	if !s.refreshes() {
		return false
	}
	deadline := s.m.lifetime(&s.items, now).deadline
	moved := deadline.Sub(s.stored.Expiry)
	return o.RefreshInterval < 0 || moved > 0 && moved >= s.m.refreshInterval(deadline.Sub(now))
}
