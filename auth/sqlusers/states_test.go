package sqlusers_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/devicekeeper"
)

// statesOf: what the logins of many users depend on is what each user says, and users who cannot
// be there are nobody.
func statesOf(t *testing.T, d database, m userModel) {
	want := make(map[string]auth.User)
	var asked []string
	for i := range 12 {
		user := create(t, d.Users, m.user(fmt.Sprint("user", i)))
		asked = append(asked, user.ID)
		switch i {
		case 3:
			if _, err := d.RaiseLoginFloor(t.Context(), user.ID); err != nil {
				t.Fatal(err)
			}
		case 4:
			if d.Model().Columns["is_active"] != "" {
				if err := d.SetActive(t.Context(), user.ID, false); err != nil {
					t.Fatal(err)
				}
			}
		case 5:
			if err := d.SetPassword(t.Context(), user.ID, encoded+"5"); err != nil {
				t.Fatal(err)
			}
		}
		found, err := d.ByID(t.Context(), user.ID)
		if err != nil {
			t.Fatal(err)
		}
		want[user.ID] = found
	}
	got := func(id, password string, active bool, floor time.Time) {
		user, known := want[id]
		if !known || user.Password != password || user.IsActive != active || !user.LoginFloor.Equal(floor) {
			t.Errorf("%q: %v, %v, want %v", id, active, floor, fields(user))
		}
		delete(want, id)
	}
	asked = append(asked, m.invalid...)
	if err := devicekeeper.StatesOf(d.Users)(t.Context(), asked, got); err != nil {
		t.Fatal(err)
	}
	if len(want) != 0 {
		t.Errorf("%d users are missing", len(want))
	}
	if err := devicekeeper.StatesOf(d.Users)(t.Context(), m.invalid, got); err != nil {
		t.Errorf("nobody: %v", err)
	}
}
