package sessionkey_test

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"testing"

	"github.com/jamsession/jamsession/internal/sessionkey"
)

func TestCheckNames(t *testing.T) {
	for what, c := range map[string]struct {
		name func(key string) string
		ok   bool
	}{
		"nil":      {nil, true},
		"a prefix": {func(key string) string { return "site:1:" + key }, true},
		"a suffix": {func(key string) string { return key + ":site" }, true},
		"a hash": {func(key string) string {
			sum := md5.Sum([]byte(key))
			return hex.EncodeToString(sum[:])
		}, true},
		"no key":             {func(string) string { return "site:1:" }, false},
		"the beginning":      {func(key string) string { return ("site:1:" + key)[:38] }, false},
		"the end":            {func(key string) string { return key[1:] }, false},
		"of hashed keys":     {func(key string) string { return key[:32] }, false},
		"another each time":  {func(string) string { return rand.Text() }, false},
		"with a random salt": {func(key string) string { return key + rand.Text() }, false},
	} {
		if err := sessionkey.CheckNames(c.name); (err == nil) != c.ok {
			t.Errorf("%s: %v", what, err)
		}
	}
}
