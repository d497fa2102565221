package token_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/token"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/internal/vectors"
	"github.com/jamsession/jamsession/secret"
)

const key = "test-secret-key-0123456789abcdefghijklmnopqrstuvwxyzABCDEF"

var frozen = time.Unix(1_700_000_000, 0)

func generator(t testing.TB, o token.Options) *token.Generator {
	t.Helper()
	g, err := token.New(secrettest.Keys(key), &o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func alice() auth.User {
	return auth.User{ID: "1", Username: "alice", Password: "pbkdf2_sha256$1$a$b", Email: "u@example.com"}
}

func TestVectorsPasswordResetToken(t *testing.T) {
	vectors.Run(t, "password_reset_token", func(t *testing.T, c vectors.Case) {
		var in struct {
			SecretKey string `json:"secret_key"`
			Now       string `json:"now_naive_local"`
			PK        json.Number
			Password  string `json:"password_field"`
			Email     string
			LastLogin *time.Time `json:"last_login"`
		}
		var want struct{ Token string }
		c.Decode(t, &in, &want)
		now, err := time.Parse("2006-01-02T15:04:05", in.Now)
		if err != nil {
			t.Fatal(err)
		}
		user := auth.User{ID: in.PK.String(), Password: in.Password, Email: in.Email}
		if in.LastLogin != nil {
			user.LastLogin = *in.LastLogin
		}
		g, err := token.New(secrettest.Keys(in.SecretKey), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := g.At(now).Make(user); got != want.Token {
			t.Errorf("Make = %q, want %q", got, want.Token)
		}
		if !g.Check(user, want.Token) {
			t.Errorf("Check refuses %q", want.Token)
		}
	})
}

// TestVectorsPasswordResetCheck runs the cases for a user of our own: the
// files do not say whose tokens theirs are. Where a case has a damaged token,
// it is that one.
func TestVectorsPasswordResetCheck(t *testing.T) {
	vectors.Run(t, "password_reset_check", func(t *testing.T, c vectors.Case) {
		var in struct {
			Token   string
			After   int64 `json:"seconds_after_issue"`
			Timeout int64 `json:"PASSWORD_RESET_TIMEOUT"`
		}
		var want struct{ Valid bool }
		c.Decode(t, &in, &want)
		issued := generator(t, token.Options{}).At(frozen).Make(alice())
		g := generator(t, token.Options{Lifetime: time.Duration(in.Timeout) * time.Second}).
			At(frozen.Add(time.Duration(in.After) * time.Second))
		tok := in.Token
		switch {
		case want.Valid:
			tok = issued
			late := generator(t, token.Options{Lifetime: time.Duration(in.Timeout) * time.Second}).
				At(frozen.Add(time.Duration(in.After+1) * time.Second))
			if late.Check(alice(), tok) {
				t.Error("a second later it is still good")
			}
		case strings.Count(tok, "-") == 2:
			tok = issued + "-x"
		}
		if got := g.Check(alice(), tok); got != want.Valid {
			t.Errorf("Check(%q) = %v, want %v", tok, got, want.Valid)
		}
	})
}

func TestVectorsUIDB64(t *testing.T) {
	vectors.Run(t, "uidb64", func(t *testing.T, c vectors.Case) {
		var in struct{ PK string }
		var want struct{ Uidb64 string }
		c.Decode(t, &in, &want)
		if got := token.EncodeID(in.PK); got != want.Uidb64 {
			t.Errorf("EncodeID = %q, want %q", got, want.Uidb64)
		}
		for _, padding := range []string{"", "=", "=="} {
			if got, err := token.DecodeID(want.Uidb64 + padding); err != nil || got != in.PK {
				t.Errorf("DecodeID = %q, %v; want %q", got, err, in.PK)
			}
		}
	})
}

// TestTokenEndsWithAnyChangeOfItsUser: it works once.
func TestTokenEndsWithAnyChangeOfItsUser(t *testing.T) {
	g := generator(t, token.Options{}).At(frozen)
	tok := g.Make(alice())
	for name, change := range map[string]func(*auth.User){
		"id":         func(u *auth.User) { u.ID = "2" },
		"password":   func(u *auth.User) { u.Password = "pbkdf2_sha256$1$a$c" },
		"last login": func(u *auth.User) { u.LastLogin = frozen },
		"email":      func(u *auth.User) { u.Email = "v@example.com" },
		"anonymous":  func(u *auth.User) { *u = auth.User{} },
	} {
		user := alice()
		change(&user)
		if g.Check(user, tok) {
			t.Errorf("%s changed, and the token is still good", name)
		}
	}
	user := alice()
	user.FirstName, user.IsStaff = "Alice", true
	if !g.Check(user, tok) {
		t.Error("another name ended the token")
	}
	if g.Check(auth.User{}, g.Make(auth.User{})) {
		t.Error("nobody has a token")
	}
}

func TestEveryByteOfATokenCounts(t *testing.T) {
	g := generator(t, token.Options{}).At(frozen)
	tok := g.Make(alice())
	for i := range tok {
		for _, c := range []byte("0z-A\x00") {
			if other := tok[:i] + string(c) + tok[i+1:]; other != tok && g.Check(alice(), other) {
				t.Errorf("%q is as good as %q", other, tok)
			}
		}
	}
	for _, bad := range []string{
		strings.ToUpper(tok), " " + tok, tok + " ", "0" + tok, "+" + tok, tok + "-", tok[:len(tok)-1],
	} {
		if g.Check(alice(), bad) {
			t.Errorf("%q is as good as %q", bad, tok)
		}
	}
}

// TestTokensAreValidForThreeDays: by default, as in Django.
func TestTokensAreValidForThreeDays(t *testing.T) {
	tok := generator(t, token.Options{}).At(frozen).Make(alice())
	for age, want := range map[time.Duration]bool{
		3 * 24 * time.Hour: true, 3*24*time.Hour + time.Second: false,
	} {
		g := generator(t, token.Options{}).At(frozen.Add(age))
		if g.Check(alice(), tok) != want {
			t.Errorf("after %v: good is not %t", age, want)
		}
	}
}

// TestLongIDsAreNotDecoded: no user's key is that long.
func TestLongIDsAreNotDecoded(t *testing.T) {
	for size, good := range map[int]bool{1020: true, 1021: false, 1 << 20: false} {
		id := strings.Repeat("x", size)
		if got, err := token.DecodeID(token.EncodeID(id)); (err == nil && got == id) != good {
			t.Errorf("%d bytes: error %v", size, err)
		}
	}
}

func TestTokensOfOlderKeysAreValid(t *testing.T) {
	old, err := token.New(secrettest.Keys("old secret"), nil)
	if err != nil {
		t.Fatal(err)
	}
	tok := old.Make(alice())
	now, err := token.New(secrettest.Keys(key, "x", "old secret"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !now.Check(alice(), tok) {
		t.Error("a token of an older key is refused")
	}
	if generator(t, token.Options{}).Check(alice(), tok) {
		t.Error("a token of an unknown key is good")
	}
}

func TestImpossibleOptions(t *testing.T) {
	for _, f := range []func() (*token.Generator, error){
		func() (*token.Generator, error) { return token.New(secret.Keys{}, nil) },
		func() (*token.Generator, error) { return token.New(secrettest.Keys(key), &token.Options{Lifetime: -1}) },
	} {
		if g, err := f(); err == nil || g != nil || strings.Contains(err.Error(), key) {
			t.Errorf("New = %v, %v", g, err)
		}
	}
}

// TestWithDjango: each checks the tokens of the other, in a time zone.
func TestWithDjango(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for useTZ, login := range map[string]*time.Location{"True": time.UTC, "False": berlin} {
		project := djangotest.Site(t, t.TempDir()+"/db.sqlite3", key,
			"USE_TZ = "+useTZ, "TIME_ZONE = 'Europe/Berlin'")
		g := generator(t, token.Options{TimeZone: berlin, LastLoginZone: login})
		user := alice()
		user.LastLogin = time.Date(2026, 7, 1, 23, 30, 15, 999, time.UTC)
		const script = `
from datetime import datetime
from zoneinfo import ZoneInfo
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator as g
login = datetime(2026, 7, 1, 23, 30, 15, 999, tzinfo=ZoneInfo("UTC"))
if not settings.USE_TZ:
    login = login.astimezone(ZoneInfo("Europe/Berlin")).replace(tzinfo=None)
u = User(id=1, password="pbkdf2_sha256$1$a$b", email="u@example.com", last_login=login)
print(g.make_token(u), g.check_token(u, %q), g.check_token(u, %q))
`
		out := strings.Fields(project.Run(fmt.Sprintf(script, g.Make(user), g.Make(alice()))))
		if len(out) != 3 || out[1] != "True" || out[2] != "False" {
			t.Fatalf("USE_TZ = %s: Django says %q", useTZ, out)
		}
		if !g.Check(user, out[0]) {
			t.Errorf("USE_TZ = %s: Django's token is refused", useTZ)
		}
	}
}

func FuzzCheck(f *testing.F) {
	g := generator(f, token.Options{}).At(frozen)
	good := g.Make(alice())
	f.Add(good)
	f.Add("zzzzzzzzzzzzz-")
	f.Add("-")
	f.Fuzz(func(t *testing.T, tok string) {
		if g.Check(alice(), tok) && tok != good {
			t.Errorf("%q is good", tok)
		}
	})
}

func FuzzDecodeID(f *testing.F) {
	f.Add("NDI")
	f.Add("NDI=")
	f.Fuzz(func(t *testing.T, encoded string) {
		id, err := token.DecodeID(encoded)
		if err != nil {
			return
		}
		if again, err := token.DecodeID(token.EncodeID(id)); err != nil || again != id {
			t.Errorf("%q is %q, and then %q, %v", encoded, id, again, err)
		}
	})
}

func ExampleNew() {
	tokens, err := token.New(secrettest.Keys("a secret of 50 random characters"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	user := auth.User{ID: "42", Username: "john_doe", Password: "pbkdf2_sha256$...", IsActive: true}
	tok := tokens.Make(user)
	fmt.Println(token.EncodeID("42"), tokens.Check(user, tok))
	user.Password = "pbkdf2_sha256$ a new one"
	fmt.Println(tokens.Check(user, tok))
	// Output:
	// NDI true
	// false
}
