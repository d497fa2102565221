package token_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/token"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
)

// TestLinksOfAnyKey: the links of users whose keys are UUIDs or texts are Django's.
func TestLinksOfAnyKey(t *testing.T) {
	var cases []struct {
		Session, UIDB64, Token string
		Valid                  bool
	}
	text := noerror.In(os.ReadFile("../sqlusers/testdata/models/keys.json"))
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	keys := secrettest.Keys("test-secret-key-0123456789abcdefghijklmnopqrstuvwxyzABCDEF")
	g := noerror.In(token.New(keys, nil)).At(time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC))
	for _, c := range cases {
		if !c.Valid {
			continue
		}
		user := auth.User{
			ID: c.Session, Password: "pbkdf2_sha256$1$a$b", Email: "u@example.com",
			LastLogin: time.Date(2023, 1, 2, 3, 4, 5, 678_901_000, time.UTC),
		}
		if got := token.EncodeID(user.ID); got != c.UIDB64 {
			t.Errorf("EncodeID(%q) = %q, want %q", user.ID, got, c.UIDB64)
		}
		if id, err := token.DecodeID(c.UIDB64); err != nil || id != user.ID {
			t.Errorf("DecodeID(%q) = %q, %v", c.UIDB64, id, err)
		}
		if got := g.Make(user); got != c.Token || !g.Check(user, c.Token) {
			t.Errorf("%q: Make = %q, want %q", user.ID, got, c.Token)
		}
	}
}
