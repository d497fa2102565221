package password_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth/password"
)

// oldArgon2 are strings of the reference implementation, from its src/test.c, for the password
// "password", and their forms with a version.
var oldArgon2 = []string{
	"argon2$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY",
	"argon2$argon2i$m=256,t=2,p=2$c29tZXNhbHQ$tsEVYKap1h6scGt5ovl9aLRGOqOth+AMB+KwHpDFZPs",
	"argon2$argon2i$m=65536,t=1,p=1$c29tZXNhbHQ$gWMFUrjzsfSM2xmSxMZ4ZD1JCytetP9sSzQ4tWIXJLI",
	"argon2$argon2i$v=16$m=256,t=2,p=2$c29tZXNhbHQ$tsEVYKap1h6scGt5ovl9aLRGOqOth+AMB+KwHpDFZPs",
}

// TestOldArgon2IsReadAndReplaced: a string without a version is of version 16, and lets its user in,
// who gets one of today's.
func TestOldArgon2IsReadAndReplaced(t *testing.T) {
	argon2 := must(password.Argon2(2, 256, 2, 0))
	for _, h := range []*password.Hashers{
		must(password.New(nil)),
		must(password.New(&password.Options{Hashers: []password.Hasher{argon2}})),
	} {
		for _, encoded := range oldArgon2 {
			ok, mustUpdate, err := h.Verify(t.Context(), "password", encoded)
			if !ok || !mustUpdate || err != nil {
				t.Errorf("%s: %t, must update %t, %v", encoded, ok, mustUpdate, err)
			}
			if ok, _, err := h.Verify(t.Context(), "passwore", encoded); ok || err != nil {
				t.Errorf("%s: another password: %t, %v", encoded, ok, err)
			}
		}
	}
	made, err := argon2.Encode("password")
	if err != nil || !strings.HasPrefix(made, "argon2$argon2id$v=19$") || argon2.MustUpdate(made) {
		t.Errorf("%s, must update %t, %v", made, argon2.MustUpdate(made), err)
	}
	// A string that differs from it in the version alone.
	if v16 := strings.Replace(made, "v=19", "v=16", 1); !argon2.MustUpdate(v16) {
		t.Errorf("%s stays", v16)
	}
}

// TestOldArgon2HasBounds as the strings of today have.
func TestOldArgon2HasBounds(t *testing.T) {
	argon2 := must(password.Argon2(0, 0, 0, 0))
	const salt, hash = "$c29tZXNhbHQ", "$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY"
	for _, encoded := range []string{
		"argon2$argon2i$m=1048577,t=1,p=1" + salt + hash,
		"argon2$argon2i$m=65536,t=6,p=1" + salt + hash, // its work, in plain Go
		"argon2$argon2d$v=19$m=65536,t=6,p=1" + salt + hash,
		"argon2$argon2i$m=7,t=1,p=1" + salt + hash,
		"argon2$argon2i$m=256,t=0,p=1" + salt + hash,
		"argon2$argon2i$m=256,t=1,p=0" + salt + hash,
		"argon2$argon2i$m=256,t=1,p=1" + salt + "$YQ",
		"argon2$argon2i$v=17$m=256,t=1,p=1" + salt + hash,
		"argon2$argon2i$v=0$m=256,t=1,p=1" + salt + hash,
		"argon2$argon2i$$m=256,t=1,p=1" + salt + hash,
		"argon2$argon2i$v=16$v=16$m=256,t=1,p=1" + salt + hash,
		"argon2$m=256,t=1,p=1" + salt + hash,
	} {
		ok, err := argon2.Verify("password", encoded)
		work, memory := argon2.Cost(encoded)
		if ok || !errors.Is(err, password.ErrMalformed) || work != 0 || memory != 0 {
			t.Errorf("%s: %t, %v, costs %d and %d", encoded, ok, err, work, memory)
		}
	}
}
