package throttle_test

import (
	"database/sql"
	"slices"
	"testing"
	"unicode"

	_ "github.com/go-sql-driver/mysql"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// spellings of a name: each is the same as another one for some collation, or
// as the first for Users.ByEmail.
var spellings = [][]string{
	{"masse", "MASSE", "maße", "MAẞE", "mase", "masse ", "\tmasse", "mässe", "ma\u0308sse", "ｍasse", "maſse"},
	{"weißsee", "weisssee", "weissee"},
	{"josé", "jose", "JOSÉ", "jose\u0301", "Jose ", "jòsë", "jos\u200be"},
	{"ivan", "Ivan", "İvan", "ıvan", "ìvan"},
	{"ﬁn", "fin", "FIN", "ｆｉｎ", "fīn"},
	{"οδος", "ΟΔΟΣ", "οδοσ", "όδος"},
	{"андрей", "Андрей", "АНДРЕЙ"},
	{"łódź", "ŁÓDŹ", "łodz"},
}

// TestSpellingsForMariaDBShareAnAccount: spellings that a collation of MySQL
// treats as one name have one bucket, even if the backend leaves the comparison
// to it; the same holds for what Users.ByEmail treats as one address.
func TestSpellingsForMariaDBShareAnAccount(t *testing.T) {
	db, err := sql.Open("mysql", servertest.MariaDB(t).MySQLName())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	users := openUsers(t, db)
	for _, names := range spellings {
		user := auth.User{Username: names[0], Email: names[0] + "@example.com", IsActive: true, Password: encoded}
		if _, err := users.Create(t.Context(), user); err != nil {
			t.Fatal(err)
		}
		for _, name := range names[1:] {
			found, err := users.ByEmail(t.Context(), name+"@example.com")
			if err != nil {
				t.Fatal(err)
			}
			if len(found) == 0 && !slices.ContainsFunc(names, func(other string) bool {
				return other != name && sameForMariaDB(t, db, name, other)
			}) {
				t.Errorf("%+q is like no other of %+q", name, names)
			}
			if got, want := throttle.Account(name), throttle.Account(names[0]); got != want {
				t.Errorf("%+q has the account %+q, and %+q has %+q", name, got, names[0], want)
			}
		}
	}
}

const encoded = "pbkdf2_sha256$1$abcdefghijkl$0123456789012345678901234567890123456789012="

func openUsers(t *testing.T, db *sql.DB) *sqlusers.Users {
	t.Helper()
	site := django.Database{DB: db, Dialect: django.MySQL}
	if _, err := sqlusers.Migrate(t.Context(), site, nil); err != nil {
		t.Fatal(err)
	}
	users, err := sqlusers.New(t.Context(), site, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = users.Close() })
	return users
}

// sameForMariaDB asks the collations that Django's databases have.
func sameForMariaDB(t *testing.T, db *sql.DB, a, b string) bool {
	t.Helper()
	var same bool
	const equal = "CONVERT(? USING utf8mb4) = CONVERT(? USING utf8mb4) COLLATE "
	err := db.QueryRowContext(t.Context(), "SELECT "+equal+"utf8mb4_unicode_ci OR "+
		equal+"utf8mb4_general_ci OR "+equal+"utf8mb4_unicode_520_ci", a, b, a, b, a, b).Scan(&same)
	if err != nil {
		t.Fatal(err)
	}
	return same
}

// TestFoldedCharactersShareAnAccount: each character shares one with what
// it is folded to, as Users.ByEmail compares.
func TestFoldedCharactersShareAnAccount(t *testing.T) {
	fold := cases.Fold()
	for r := range rune(unicode.MaxRune + 1) {
		if !unicode.IsGraphic(r) && !unicode.Is(unicode.C, r) || unicode.In(r, unicode.Co, unicode.Cs) {
			continue
		}
		name := "a" + string(r) + "b"
		folded := fold.String(norm.NFKC.String(name))
		if folded == name {
			continue
		}
		if got, want := throttle.Account(folded), throttle.Account(name); got != want {
			t.Errorf("%+q has the account %+q, and %+q has %+q", folded, got, name, want)
		}
	}
}
