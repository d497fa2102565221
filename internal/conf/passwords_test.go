package conf

import (
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth/password"
	_ "github.com/jamsession/jamsession/auth/password/legacy" // which PASSWORD_HASHERS may name
	"github.com/jamsession/jamsession/internal/noerror"
)

// hashersOf returns what the settings ask for.
func hashersOf(t *testing.T, s *Settings) *password.Hashers {
	t.Helper()
	o, err := s.HasherOptions()
	if err != nil {
		t.Fatal(err)
	}
	return noerror.In(password.New(o))
}

func TestHashersOfTheSettings(t *testing.T) {
	const old = "md5$abcdefghijklmnopqrstuv$59549c8e6897dd44401a081434b86c95"
	for _, test := range []struct {
		list        []string
		prefix      string
		reads, must bool
	}{
		{nil, "pbkdf2_sha256$7$", false, false},
		{[]string{"pbkdf2_sha1", "md5"}, "pbkdf2_sha1$7$", true, true},
	} {
		s := &Settings{PasswordHashers: test.list, PBKDF2Iterations: 7, PasswordUpgrade: true}
		encoded, err := hashersOf(t, s).Hash(t.Context(), "secret")
		if err != nil || !strings.HasPrefix(encoded, test.prefix) {
			t.Errorf("%v: Hash = %s, %v", test.list, encoded, err)
		}
		if ok, must, _ := hashersOf(t, s).Verify(t.Context(), "secret", old); ok != test.reads || must != test.must {
			t.Errorf("%v: Verify of md5 = %v, %v", test.list, ok, must)
		}
		s.PasswordUpgrade = false
		if _, must, _ := hashersOf(t, s).Verify(t.Context(), "secret", old); must {
			t.Errorf("%v: without PASSWORD_UPGRADE md5 must be updated", test.list)
		}
	}
}

func TestEveryAlgorithmOfTheSettingsIsItself(t *testing.T) {
	for _, a := range algorithms {
		if h, err := a.new(&Settings{}); err != nil || h.Algorithm() != a.name {
			t.Errorf("%s is %v, %v", a.class, h, err)
		}
	}
}

func TestValidatorsOfTheSettings(t *testing.T) {
	s := &Settings{PasswordValidators: []string{"similarity", "length", "common", "numeric"}, PasswordMinLength: 9}
	problems := map[string]bool{}
	for _, v := range noerror.In(s.Validators()) {
		if p := v.Validate("12345678", nil); p != nil {
			problems[p.Code] = true
		}
	}
	if len(problems) != 3 || !problems["password_too_short"] {
		t.Errorf("problems %v", problems)
	}
	if list := noerror.In(new(Settings).Validators()); list == nil || len(list) != 0 {
		t.Errorf("no validators are %v", list)
	}
}
