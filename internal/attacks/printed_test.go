package attacks

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/internal/signing"
	"github.com/jamsession/jamsession/secret"
)

// What is planted into every site of these tests, and may be printed nowhere.
const (
	plantedKey   = "kX9Wq2mVt7Rb4Zn8Lc5Hd1Jf6Gs3Py0UaOeTiBwQrXzYv4"
	plantedOlder = "oL8dR1fTn6Yh3Uj5Ik7Mz2Xa4Sc9Vb0Ge-Ww_Pq.Dl+Nt"
	databaseWord = "dbWord7qZrKd83"
	cacheWord    = "cacheWord5mTv91"
	mailWord     = "mailWord2hLp64"
)

// ofTheSite returns what the site knows and no visitor: also what is derived
// from its keys, for every purpose.
func ofTheSite() secrettest.Planted {
	planted := secrettest.Planted{
		"SECRET_KEY": plantedKey, "SECRET_KEY_FALLBACKS": plantedOlder,
		"password of the database": databaseWord, "password of the cache": cacheWord, "password of the mail server": mailWord,
	}
	for _, purpose := range []string{
		"django.contrib.sessions.SessionStoresigner",
		"django.contrib.sessions.backends.signed_cookiessigner",
		"django.contrib.messagessignerdjango.http.cookies",
		"django.http.cookies.v2:0:themesignerdjango.http.cookies",
		"django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash",
		"django.contrib.auth.tokens.PasswordResetTokenGenerator",
		"jamsession.auth.throttle.devicesigner",
		"jamsession.auth.throttle.fingerprint",
		"jamsession.auth.throttle.account",
	} {
		for name, key := range map[string]string{"SECRET_KEY": plantedKey, "SECRET_KEY_FALLBACKS": plantedOlder} {
			derived := sha256.Sum256([]byte(purpose + key))
			planted["key derived from "+name+" for "+purpose] = string(derived[:])
		}
	}
	return planted
}

// authHash returns what is in a session for this password hash.
func authHash(encoded string) string {
	const salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
	return hex.EncodeToString(signing.SaltedHMAC(salt, secret.New(plantedKey), []byte(encoded)))
}

// mayPrint has the types whose values are themselves the secret, and the
// prints that show them: those in which package fmt calls no method of a
// value. None of them holds a secret of the site, apart from Sources, whose
// flags the caller wrote.
var mayPrint = map[string][]string{
	"auth.Attempt":      {"unexported field", "fmt %p", "fmt %w"},
	"auth.User":         {"unexported field", "fmt %p", "fmt %w"},
	"session.Record":    {"unexported field", "fmt %p", "fmt %w"},
	"settings.Sources":  {"unexported field", "fmt %p", "fmt %w"},
	"session.Session":   refusedByVet,
	"messages.exchange": refusedByVet, // the context of a request

	"auth/authtest.Client": refusedByVet, // in a test of a program, whose key is none of a site
}

// refusedByVet are verbs that mean nothing for a pointer: fmt complains, and
// shows what it points to without calling its methods. Go vet refuses them.
var refusedByVet = []string{
	"fmt %s", "fmt %+s", "fmt %q", "fmt %+q", "fmt %#q", "fmt %t", "fmt %c", "fmt %U", "fmt %e", "fmt %g", "fmt %w",
}

func mayShow(name, way string) bool {
	return slices.ContainsFunc(mayPrint[name], func(part string) bool { return strings.Contains(way, part) })
}

// TestNoExportedTypePrintsASecret: a site's keys, what is derived from them,
// the passwords in its URLs, and a visitor's session key and hashes are in no
// print of any value of any type that the module exports, or that is behind an
// interface which its functions return.
func TestNoExportedTypePrintsASecret(t *testing.T) {
	planted := ofTheSite()
	walk := secrettest.NewWalk()
	for _, value := range values(t, planted) {
		walk.Through(value)
	}
	for _, name := range exportedTypes(t) {
		if walk.Exported[name] == nil && !slices.Contains(needServers, name) {
			t.Errorf("no value of %s is printed: add one to values, or to needServers", name)
		}
	}
	printNothingOf(t, walk, planted)
}

// TestNoExportedTypeWithAServerPrintsASecret is the same for what is made with
// servers.
func TestNoExportedTypeWithAServerPrintsASecret(t *testing.T) {
	planted := ofTheSite()
	walk := secrettest.NewWalk()
	for _, value := range valuesOfServers(t) {
		walk.Through(value)
	}
	for _, name := range needServers {
		if walk.Exported[name] == nil {
			t.Errorf("no value of %s is printed", name)
		}
	}
	printNothingOf(t, walk, planted)
}

// printNothingOf prints all that was found.
func printNothingOf(t *testing.T, walk *secrettest.Walk, planted secrettest.Planted) {
	t.Helper()
	if len(walk.Exported) < 10 || len(planted) < 20 {
		t.Fatalf("%d types, %d secrets", len(walk.Exported), len(planted))
	}
	finder := planted.Finder()
	for _, name := range slices.Sorted(maps.Keys(walk.Exported)) {
		for _, value := range walk.Exported[name] {
			for way, text := range secrettest.Prints(value) {
				if found := finder.In(text); found != nil && !mayShow(name, way) {
					t.Errorf("%s shows %q: %s", name, found, way)
					break
				}
			}
		}
	}
	finder = ofTheSite().Finder()
	for way, text := range walk.Texts {
		if found := finder.In(text); found != nil && !strings.HasPrefix(way, "settings.Sources.") {
			t.Errorf("%s: reflection finds %q", way, found)
		}
	}
}

// TestPlantedSecretsAreFound: the tests above find what they look for.
func TestPlantedSecretsAreFound(t *testing.T) {
	finder := secrettest.Planted{"it": plantedOlder}.Finder()
	for _, value := range []any{
		plantedOlder, []byte(plantedOlder),
		[3]string{plantedOlder},
		struct{ text string }{plantedOlder},
		&struct{ Text []byte }{[]byte(plantedOlder)},
		map[string]string{plantedOlder: ""},
	} {
		n := 0
		for _, text := range secrettest.Prints(value) {
			n += len(finder.In(text))
		}
		if n < 20 {
			t.Errorf("%T: found in %d prints only", value, n)
		}
		walk := secrettest.NewWalk()
		walk.Through(value)
		if texts := fmt.Sprint(walk.Texts); !strings.Contains(texts, plantedOlder) {
			t.Errorf("%T: not found by reflection in %s", value, texts)
		}
	}
	for _, verb := range []string{"%v", "%x", "% x", "%X", "%#v", "%q", "%d", "%b", "%o", "%c", "%U"} {
		if text := fmt.Sprintf(verb, []byte(plantedOlder)); finder.In(text) == nil {
			t.Errorf("not found in %s", text)
		}
	}
}
