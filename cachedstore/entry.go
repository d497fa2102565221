package cachedstore

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"time"

	"github.com/jamsession/jamsession/internal/cachevalue"
	"github.com/jamsession/jamsession/session"
)

// An entry of the cache is a Python pickle, so that Django can load it: of the
// items of the session, or of None, which to Django is a miss. Before that it
// pushes, and pops again, two values that Django ignores: the instant at which
// the record expires, and the data of the database's row.
//
//	80 04           PROTO 4
//	8a 08 ........  LONG1 of 8 bytes: the expiry in Unix microseconds
//	30              POP
//	42 .... ......  BINBYTES with a length of 4 bytes: the data
//	30              POP
//	...             the rest of the pickle, from behind its own PROTO
//
// JSON and MessagePack hide both as package cachevalue says.
//
// A tombstone is a pickled None that begins with a text nobody else has. What reads JSON
// or MessagePack cannot read it, or the other one, and Django takes that for a miss, too.
const (
	proto      = "\x80\x04"
	long8      = "\x8a\x08"
	pop        = "0"
	binBytes   = "B"
	nonceStart = proto + "\x8c\x1a" // SHORT_BINUNICODE of 26 bytes
	none       = proto + "N."
	tombEnd    = pop + "N."

	expiryAt  = len(proto) + len(long8)
	lengthAt  = expiryAt + 8 + len(pop) + len(binBytes)
	dataAt    = lengthAt + 4
	nonceSize = 26
)

var errPickle = errors.New("cachedstore: Options.Codec did not make a pickle of protocol 2 or newer")

// entry returns the entry for rec, or nil if there is none: if the record is corrupt,
// which decoding the session reports, or if its form has no place for one, since the
// session is empty.
func (o *Options) entry(rec session.Record) ([]byte, error) {
	data, err := o.items(rec.Data)
	if err != nil || data == nil {
		return nil, err
	}
	if o.pickles() {
		if data, err = pickledEntry(rec, data); err != nil {
			return nil, err
		}
		return cachevalue.For(o.Values).Pack(data), nil
	}
	value, ok := cachevalue.Hide(data, rec.Expiry, rec.Data)
	if !ok {
		return nil, nil
	}
	return cachevalue.For(o.Values).Pack(value), nil
}

// items returns what Django's cached_db keeps for some data, nil if it is corrupt.
func (o *Options) items(data []byte) ([]byte, error) {
	p, ok := o.Codec.(cachevalue.Pickler)
	if !ok {
		return []byte(none), nil
	}
	if o.pickles() {
		pickled, err := p.Pickle(data)
		if err != nil {
			return nil, nil
		}
		return pickled, nil
	}
	items, err := o.Codec.Decode(data)
	if err != nil {
		return nil, nil
	}
	return o.Values.Encode(items)
}

// pickledEntry returns the entry for rec, whose items are pickled.
func pickledEntry(rec session.Record, pickled []byte) ([]byte, error) {
	if len(pickled) <= len(proto) || pickled[0] != proto[0] || pickled[1] < 2 {
		return nil, errPickle
	}
	b := make([]byte, 0, dataAt+len(rec.Data)+len(pickled))
	b = append(b, proto+long8...)
	b = binary.LittleEndian.AppendUint64(b, uint64(rec.Expiry.UnixMicro()))
	b = append(b, pop+binBytes...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(rec.Data)))
	b = append(b, rec.Data...)
	b = append(b, pop...)
	return append(b, pickled[len(proto):]...), nil
}

// parseEntry returns the record in an entry of any form, or false for any other value: a
// tombstone, or another program's value.
func parseEntry(key string, value []byte) (session.Record, bool) {
	value, err := cachevalue.Unpack(value)
	if err != nil {
		return session.Record{}, false
	}
	if rec, ok := parsePickled(key, value); ok {
		return rec, true
	}
	_, expiry, data, ok := cachevalue.Reveal(value)
	return session.Record{Key: key, Data: data, Expiry: expiry}, ok && len(data) > 0
}

func parsePickled(key string, value []byte) (session.Record, bool) {
	if len(value) < dataAt || string(value[:expiryAt]) != proto+long8 ||
		string(value[expiryAt+8:lengthAt]) != pop+binBytes {
		return session.Record{}, false
	}
	n := int64(binary.LittleEndian.Uint32(value[lengthAt:]))
	if int64(len(value)) < int64(dataAt)+n+1 {
		return session.Record{}, false
	}
	expiry := int64(binary.LittleEndian.Uint64(value[expiryAt:]))
	return session.Record{
		Key:    key,
		Data:   value[dataAt : dataAt+int(n) : dataAt+int(n)],
		Expiry: time.UnixMicro(expiry).UTC(),
	}, true
}

// newTombstone returns a unique tombstone.
func newTombstone() []byte {
	return []byte(nonceStart + rand.Text() + tombEnd)
}

func isTombstone(value []byte) bool {
	return len(value) == len(nonceStart)+nonceSize+len(tombEnd) &&
		bytes.HasPrefix(value, []byte(nonceStart)) && bytes.HasSuffix(value, []byte(tombEnd))
}
