package cachedstore

import (
	"bytes"
	"testing"
	"time"

	"github.com/jamsession/jamsession/session"
)

func FuzzParseEntry(f *testing.F) {
	whole, err := pickledEntry(session.Record{Data: []byte("data"), Expiry: time.Unix(1700000000, 0)}, []byte(none))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Add(newTombstone())
	f.Add([]byte("\x80\x04\x8a\x08........0B\xff\xff\xff\xffdata0N."))
	f.Fuzz(func(t *testing.T, value []byte) {
		rec, ok := parseEntry("key", value)
		if ok && isTombstone(value) {
			t.Errorf("%q is both an entry and a tombstone", value)
		}
		if rec, ok = parsePickled("key", value); !ok || rec.Key != "key" {
			return // of another form, see package cachevalue
		}
		again, err := pickledEntry(rec, append([]byte(proto), value[dataAt+len(rec.Data)+1:]...))
		if err == nil && !bytes.Equal(again[:dataAt+len(rec.Data)], value[:dataAt+len(rec.Data)]) {
			t.Errorf("%q becomes %q", value, again)
		}
	})
}

func TestTombstonesDiffer(t *testing.T) {
	a, b := newTombstone(), newTombstone()
	if bytes.Equal(a, b) || !isTombstone(a) || !isTombstone(b) {
		t.Errorf("%q and %q", a, b)
	}
}
