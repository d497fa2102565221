package memcachestore

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestKeysAreWherePylibmcPutsThem, as it was recorded by testdata/hashing.py.
func TestKeysAreWherePylibmcPutsThem(t *testing.T) {
	var recorded struct {
		Servers, Keys []string
		Places        map[string][]int
	}
	data, err := os.ReadFile("testdata/hashing.json")
	if err == nil {
		err = json.Unmarshal(data, &recorded)
	}
	if err != nil || len(recorded.Places) != 3 || len(recorded.Keys) < 50 {
		t.Fatalf("%d keys, %v", len(recorded.Keys), err)
	}
	for hashing, places := range recorded.Places {
		s, err := newSelector(recorded.Servers, hashing)
		if err != nil {
			t.Fatal(err)
		}
		for i, key := range recorded.Keys {
			if addr, err := s.PickServer(key); err != nil || addr.String() != recorded.Servers[places[i]] {
				t.Errorf("%s: %s is on %s, %v; want %s", hashing, key, addr, err, recorded.Servers[places[i]])
			}
		}
	}
	if _, err := newSelector(recorded.Servers, "crc"); err == nil || !strings.Contains(err.Error(), "Options.Hashing") {
		t.Errorf("%v, want an error that names Options.Hashing", err)
	}
}
