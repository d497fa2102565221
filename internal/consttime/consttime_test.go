package consttime_test

import (
	"bufio"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/consttime"
)

const module = "github.com/jamsession/jamsession/"

// guarded are the packages in which what a visitor sends meets what is secret.
// Stores are not among them: they look a session's key up, as a database does,
// and session.Options.HashKeys hides it from them.
var guarded = []string{
	module + "auth/...", module + "cookiestore", module + "csrf", module + "django", module + "internal/sessionkey",
	module + "internal/signing", module + "messages", module + "secret", module + "session",
}

const (
	algorithm  = "the algorithm and its cost stand before the hash in the encoded password, and are not secret"
	bucket     = "the name of a bucket is a MAC that no visitor learns or sends"
	departed   = "hashes of keys are compared, not keys"
	primaryKey = "a word for the type of a primary key"
)

// allowed are comparisons of what is not secret, with the reason.
var allowed = map[string]string{
	`sqlusers.checkUnchanged: after.Password != before.Password`:                     "the caller has both hashes",
	`sqlusers.isAuto: slices.Contains([]string{"", usermodel.KeyTypes[0]}, keyType)`: primaryKey,
	`sqlusers.findKey: strings.EqualFold(keyTypes[k], said)`:                         primaryKey,

	`password.parseArgon2: fields[0] != "argon2"`:                                                   algorithm,
	`password.parseArgon2: argon2Varieties[fields[1]]`:                                              algorithm,
	`password.parseArgon2: fields[2] == argon2Version(old.Version10)`:                               algorithm,
	`password.parseArgon2: fields[2] != argon2Version(p.version)`:                                   algorithm,
	`password.parseArgon2: fields[3] != fmt.Sprintf("m=%d,t=%d,p=%d", p.memory, p.time, p.threads)`: algorithm,
	`password.parseBCrypt: strings.CutPrefix(encoded, name+"$")`:                                    algorithm,
	`legacy.salted: fields[0] != name`:                                                              algorithm,
	`password.parse: fields[0] != p.name`:                                                           algorithm,
	`password.number: strconv.Itoa(n) != text`:                                                      algorithm,
	`password.parseScrypt: fields[0] != "scrypt"`:                                                   algorithm,

	`password.readCommon: list[password]`: "a list of passwords that everybody knows",

	`session.note: d.keys[key]`:                      departed,
	`session.find: d.keys[key]`:                      departed,
	`session.lives: d.keys[departedKeyOf(storeKey)]`: departed,
	`session.lives: d.keys[gone.to]`:                 departed,
	`session.moved: d.to != departedKey{}`:           departed,

	`throttle.wait: e.until[key]`:     bucket,
	`throttle.note: e.until[key]`:     bucket,
	`throttle.Take: m.buckets[key]`:   bucket,
	`throttle.Give: m.buckets[key]`:   bucket,
	`throttle.FullAt: m.buckets[key]`: bucket,
	`throttle.Fill: m.buckets[key]`:   bucket,
	`throttle.keep: m.buckets[b.key]`: bucket,
	`throttle.join: t.of[key]`:        bucket,
}

// TestSecretsAreComparedInConstantTime: in what visitors can measure, no
// comparison stops at the first wrong byte of a guess.
func TestSecretsAreComparedInConstantTime(t *testing.T) {
	packages, err := consttime.Load(guarded...)
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) < 15 {
		t.Fatalf("only %d packages were found", len(packages))
	}
	unused := maps.Clone(allowed)
	for _, p := range packages {
		for _, f := range consttime.Find(p) {
			delete(unused, f.In+": "+f.Code)
			if allowed[f.In+": "+f.Code] == "" {
				t.Errorf("%s\n\tuse hmac.Equal, or allow it here with the reason why it is not one", f)
			}
		}
	}
	for _, code := range slices.Sorted(maps.Keys(unused)) {
		t.Errorf("%s is allowed, and is nowhere", code)
	}
}

// TestComparisonsAreFound: each line of the test data that says so, as often
// as it says so, and no other.
func TestComparisonsAreFound(t *testing.T) {
	packages, err := consttime.Load("./testdata/compared")
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[int]int)
	for _, f := range consttime.Find(packages[0]) {
		found[f.Pos.Line]++
	}
	text, err := os.Open("testdata/compared/bad.go")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = text.Close() }()
	lines := bufio.NewScanner(text)
	wanted := 0
	for n := 1; lines.Scan(); n++ {
		_, comment, _ := strings.Cut(lines.Text(), "//")
		want := strings.Count(comment, "want")
		wanted += want
		if found[n] != want {
			t.Errorf("line %d: found %d, want %d: %s", n, found[n], want, strings.TrimSpace(lines.Text()))
		}
	}
	if wanted < 25 {
		t.Errorf("the test data has only %d comparisons", wanted)
	}
}
