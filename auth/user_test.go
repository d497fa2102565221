package auth_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
)

func TestUserPrintsWithoutItsHash(t *testing.T) {
	user := auth.User{ID: "7", Username: "alice", Password: "SENTINEL"}
	var out strings.Builder
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T %v"} {
		fmt.Fprintf(&out, format+"\n", user)
		fmt.Fprintf(&out, format+"\n", &user)
		fmt.Fprintf(&out, format+"\n", []auth.User{user})
		fmt.Fprintf(&out, format+"\n", struct{ U auth.User }{user})
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "user", user, "users", []auth.User{user})
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "user", user, "users", []auth.User{user})
	text, err := json.Marshal(user)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	if strings.Contains(strings.ToUpper(out.String()), "SENTINEL") ||
		strings.Contains(out.String(), fmt.Sprintf("%x", "SENTINEL")) {
		t.Errorf("the hash is in\n%s", out.String())
	}
	for format, want := range map[string]string{
		"%v": "alice", "%s": "alice", "%#v": `auth.User{ID:"7", Username:"alice"}`,
		"%+v": `auth.User{ID:"7", Username:"alice"}`,
	} {
		if got := fmt.Sprintf(format, user); got != want {
			t.Errorf("%s: got %s, want %s", format, got, want)
		}
	}
	if got := fmt.Sprint(auth.User{}); got != "AnonymousUser" {
		t.Errorf("the anonymous user prints as %s", got)
	}
}
