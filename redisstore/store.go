package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/internal/sessionkey"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

// A store keeps sessions in Redis.
type store struct {
	wires
	opened  bool // whether this package opened the client
	inSteps bool // whether a new key may be on another server of a cluster
	opts    Options

	// For the client-side cache, if there is one: changes by this process, and what the
	// values in it say.
	own      *recent
	contents *contents

	// oneWire: commands and the server's messages share a connection, so that
	// they arrive in order. A client of the caller may have several.
	oneWire bool
}

// Open connects to the server that a URL names; the package comment lists the
// forms. Options may be nil. The error is one line that names the server that
// could not be reached.
func Open(ctx context.Context, url string, o *Options) (session.Store, error) {
	opts := o.withDefaults()
	if err := opts.check(); err != nil {
		return nil, err
	}
	client, err := dial(ctx, url, opts.cacheBytes())
	if err != nil {
		return nil, err
	}
	s := newStore(client, opts)
	s.opened, s.oneWire = true, true
	s.loads = newLoads(s.client)
	return s.remembering(), nil
}

// New returns a store on a client that the caller keeps: close the store, then
// the client. Options may be nil. The error says that the client is nil, or
// names the field that is wrong.
func New(client rueidis.Client, o *Options) (session.Store, error) {
	if client == nil {
		return nil, errors.New("redisstore: New: the client is nil")
	}
	opts := o.withDefaults()
	if err := opts.check(); err != nil {
		return nil, err
	}
	return newStore(client, opts).remembering(), nil
}

func newStore(client rueidis.Client, opts Options) *store {
	return &store{
		wires: newWires(client), opts: opts, own: newRecent(), contents: newContents(opts.cacheBytes()),
		inSteps: client.Mode() == rueidis.ClientModeCluster,
	}
}

// Close implements [session.Store]. It ends the connections that [Open] made.
func (s *store) Close() error {
	if s.opened {
		s.client.Close()
	}
	return nil
}

// KeepsBytes implements [session.Store].
func (s *store) KeepsBytes() bool { return true }

// Codec implements [session.Store].
func (s *store) Codec() session.Codec { return s.opts.Codec }

// Load implements [session.Store].
func (s *store) Load(ctx context.Context, key string) (session.Record, error) {
	if !sessionkey.WellFormed(key) {
		return session.Record{}, session.ErrNotFound
	}
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	value, cached, err := s.value(ctx, key)
	if rueidis.IsRedisNil(err) || answers(err, "WRONGTYPE ") {
		return session.Record{}, session.ErrNotFound
	}
	if err != nil {
		return session.Record{}, wrap(ctx, "load", err)
	}
	data, expiry, err := s.open(key, value, cached)
	if err != nil {
		return session.Record{}, wrap(ctx, "load", err)
	}
	if expiry.IsZero() {
		if expiry, err = s.expiry(ctx, key); err != nil {
			return session.Record{}, err
		}
	}
	if !expiry.After(time.Now()) {
		return session.Record{}, session.ErrNotFound
	}
	return session.Record{Key: key, Data: data, Expiry: expiry}, nil
}

// open returns what a value says, and keeps it if the client-side cache has the value.
func (s *store) open(key string, value []byte, cached bool) (data []byte, expiry time.Time, err error) {
	if !cached {
		return s.opts.format().Open(value)
	}
	if c := s.contents.find(key, value); c != nil {
		return c.data, c.expiry, nil
	}
	data, expiry, err = s.opts.format().Open(value)
	if err == nil {
		s.contents.put(key, &content{value: value, data: data, expiry: expiry})
	}
	return data, expiry, err
}

// value returns a value, and whether it is in the client-side cache now. It tries again
// after a failure, which there is once after each restart of the server. It then shares no
// answer, neither one of the client-side cache nor one of a question for several keys: the
// failure may be that of another request, whose visitor has gone. Nothing else is repeated: only
// its caller can find out whether a write that was not acknowledged was carried out.
func (s *store) value(ctx context.Context, key string) (value []byte, cached bool, err error) {
	change := uint64(0)
	if s.opts.ClientCache > 0 {
		change = s.own.last(key)
		cached = change == 0
	}
	name := s.opts.name(key)
	if cached {
		value, err = s.client.DoCache(ctx, s.client.B().Get().Key(name).Cache(), s.opts.ClientCache).AsBytes()
	} else {
		value, err = s.get(ctx, name)
	}
	if err == nil || rueidis.IsRedisNil(err) || !mayBeRepeated(ctx, err) {
		if change > 0 && err == nil && s.oneWire {
			s.own.heard(key, change) // the message has arrived before this answer
		}
		return value, cached, err
	}
	value, err = s.getAlone(ctx, name)
	return value, false, err
}

// expiry returns the expiry of a record that another program has written.
func (s *store) expiry(ctx context.Context, key string) (time.Time, error) {
	left, err := s.client.Do(ctx, s.client.B().Pttl().Key(s.opts.name(key)).Build()).AsInt64()
	switch {
	case err != nil:
		return time.Time{}, wrap(ctx, "load", err)
	case left == -2: // gone meanwhile
		return time.Time{}, session.ErrNotFound
	case left < 0: // Django without a timeout
		return time.Now().Add(100 * 365 * 24 * time.Hour), nil
	}
	return time.Now().Add(time.Duration(left) * time.Millisecond), nil
}

// Create implements [session.Store].
func (s *store) Create(ctx context.Context, rec session.Record) error {
	if !sessionkey.WellFormed(rec.Key) {
		return fmt.Errorf("redisstore: %w", sessionkey.ErrMalformed)
	}
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	ttl := milliseconds(rec.Expiry)
	if ttl <= 0 {
		return s.createExpired(ctx, rec.Key)
	}
	value := s.opts.format().Seal(rec.Data, rec.Expiry)
	cmd := s.client.B().Set().Key(s.opts.name(rec.Key)).Value(rueidis.BinaryString(value)).
		Nx().PxMilliseconds(ttl).Build()
	err := s.wires.with(len(value)).Do(ctx, cmd).Error()
	s.changed(rec.Key)
	if rueidis.IsRedisNil(err) {
		return session.ErrExists
	}
	return s.wires.wrap(ctx, "create", len(value), err)
}

// createExpired reports whether an expired record could have been created, and
// creates none.
func (s *store) createExpired(ctx context.Context, key string) error {
	_, err := s.Load(ctx, key)
	switch {
	case err == nil:
		return session.ErrExists
	case errors.Is(err, session.ErrNotFound):
		return nil
	}
	return err
}

// Save implements [session.Store].
func (s *store) Save(ctx context.Context, old, next session.Record) error {
	if !sessionkey.WellFormed(old.Key) {
		return session.ErrNotFound
	}
	if !sessionkey.WellFormed(next.Key) {
		return fmt.Errorf("redisstore: %w", sessionkey.ErrMalformed)
	}
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return err
	}
	defer s.changed(old.Key)
	if next.Key != old.Key && s.inSteps {
		return s.moveInSteps(ctx, old, next)
	}
	if next.Key == old.Key {
		if swapped, err := s.swap(ctx, old, next); swapped || err != nil {
			return err
		}
	}
	return s.replace(ctx, old, next)
}

// replace compares the data and replaces, or moves, by a script if one can read
// the stored value.
func (s *store) replace(ctx context.Context, old, next session.Record) error {
	if s.scriptsRead() {
		err := s.replaceData(ctx, old, next)
		if !s.opts.format().Django || !errors.Is(err, session.ErrConflict) {
			return err
		}
	}
	return s.replaceValue(ctx, old, next) // Django may have written it in another form
}

// swap does most saves, by a short script: those whose stored record is still
// exactly the loaded one, with its expiry. It reports whether it was.
func (s *store) swap(ctx context.Context, old, next session.Record) (bool, error) {
	ttl := milliseconds(next.Expiry)
	if ttl == 0 || milliseconds(old.Expiry) == 0 {
		return false, nil
	}
	format := s.opts.format()
	was, value := format.Seal(old.Data, old.Expiry), format.Seal(next.Data, next.Expiry)
	bytes := max(len(was), len(value))
	answer, err := swapScript.Exec(ctx, s.wires.with(bytes), []string{s.opts.name(old.Key)}, []string{
		rueidis.BinaryString(was), rueidis.BinaryString(value),
		strconv.FormatInt(ttl, 10),
	}).AsInt64()
	if err != nil {
		return false, s.wires.wrap(ctx, "save", bytes, err)
	}
	switch said := told("save", answer); {
	case said == nil:
		return true, nil
	case errors.Is(said, session.ErrNotFound), errors.Is(said, session.ErrConflict):
		return false, nil // another script decides
	default:
		return false, said
	}
}

// replaceData compares and replaces, or moves, in one script.
func (s *store) replaceData(ctx context.Context, old, next session.Record) error {
	keys := []string{s.opts.name(old.Key)}
	if next.Key != old.Key {
		keys = append(keys, s.opts.name(next.Key))
	}
	value := s.opts.format().Seal(next.Data, next.Expiry)
	bytes := max(len(old.Data), len(value))
	answer, err := saveScript.Exec(ctx, s.wires.with(bytes), keys, []string{
		rueidis.BinaryString(old.Data), rueidis.BinaryString(value),
		strconv.FormatInt(milliseconds(next.Expiry), 10), s.layout(),
		strconv.FormatInt(time.Now().UnixMicro(), 10),
	}).AsInt64()
	if err != nil {
		return s.wires.wrap(ctx, "save", bytes, err)
	}
	return told("save", answer)
}

// changed notes a key for which loads must bypass the client-side cache.
func (s *store) changed(key string) {
	if s.opts.ClientCache > 0 {
		s.own.add(key)
		s.contents.forget(key)
	}
}

// cleanUpTime is how long the clean-up of a failed move may take.
const cleanUpTime = 250 * time.Millisecond

// moveInSteps moves a record to another server of a cluster.
func (s *store) moveInSteps(ctx context.Context, old, next session.Record) error {
	if err := s.Create(ctx, next); err != nil {
		return err
	}
	dead := old
	dead.Expiry = time.Time{} // so that it is deleted
	err := s.replace(ctx, old, dead)
	if err != nil {
		// Nobody knows the new key yet, and if this fails, nobody ever will.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
		defer cancel()
		_ = s.Delete(ctx, next.Key)
	}
	return err
}

// Delete implements [session.Store].
func (s *store) Delete(ctx context.Context, key string) error {
	if !sessionkey.WellFormed(key) {
		return session.ErrNotFound
	}
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	defer s.changed(key)
	if !s.scriptsRead() {
		return s.deleteValue(ctx, key)
	}
	answer, err := deleteScript.Exec(ctx, s.client, []string{s.opts.name(key)}, []string{
		"", "", "", s.layout(), strconv.FormatInt(time.Now().UnixMicro(), 10),
	}).AsInt64()
	if err != nil {
		return wrap(ctx, "delete", err)
	}
	return told("delete", answer)
}

// ClearExpired implements [session.Store]. Redis removes them by itself.
func (s *store) ClearExpired(ctx context.Context, _ time.Time) (int, error) { return 0, ctx.Err() }

// milliseconds returns how long the server must keep a record; 0 if it has
// expired.
func milliseconds(expiry time.Time) int64 {
	left := time.Until(expiry)
	if left <= 0 {
		return 0
	}
	return left.Truncate(time.Millisecond).Milliseconds() + 1 // the value has the exact time
}
