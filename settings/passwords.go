package settings

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/token"
)

// A named is something that settings name by a short name, or by the name of
// Django's class.
type named[T any] struct {
	name, class string
	new         func(s *Settings) T
}

func find[T any](list []named[T], name string) (named[T], bool) {
	i := slices.IndexFunc(list, func(n named[T]) bool { return name == n.name || name == n.class })
	if i < 0 {
		return named[T]{}, false
	}
	return list[i], true
}

func namesOf[T any](list []named[T]) []string {
	var names []string
	for _, n := range list {
		names = append(names, n.name)
	}
	return names
}

// algorithms are the hashers by the word that stands in their strings, and by
// their classes in django.contrib.auth.hashers.
var algorithms = []named[password.Hasher]{
	{"pbkdf2_sha256", "PBKDF2PasswordHasher", func(s *Settings) password.Hasher {
		return password.PBKDF2SHA256{Iterations: s.PBKDF2Iterations}
	}},
	{"pbkdf2_sha1", "PBKDF2SHA1PasswordHasher", func(s *Settings) password.Hasher {
		return password.PBKDF2SHA1{Iterations: s.PBKDF2Iterations}
	}},
	{"argon2", "Argon2PasswordHasher", is(password.Argon2{})},
	{"bcrypt_sha256", "BCryptSHA256PasswordHasher", is(password.BCryptSHA256{})},
	{"bcrypt", "BCryptPasswordHasher", is(password.BCrypt{})},
	{"scrypt", "ScryptPasswordHasher", is(password.Scrypt{})},
	{"md5", "MD5PasswordHasher", is(password.MD5{})},
	{"sha1", "SHA1PasswordHasher", is(password.SHA1{})},
	{"unsalted_md5", "UnsaltedMD5PasswordHasher", is(password.UnsaltedMD5{})},
	{"unsalted_sha1", "UnsaltedSHA1PasswordHasher", is(password.UnsaltedSHA1{})},
	{"crypt", "CryptPasswordHasher", is(password.Crypt{})},
}

func is(h password.Hasher) func(*Settings) password.Hasher {
	return func(*Settings) password.Hasher { return h }
}

// readOnly are the algorithms that make no new strings.
var readOnly = []string{"md5", "sha1", "unsalted_md5", "unsalted_sha1", "crypt"}

// setHashers takes algorithms, and Django's dotted names of their classes.
func setHashers(s *Settings, v value) error {
	names, err := v.list()
	if err != nil {
		return err
	}
	for i, name := range names {
		known, ok := find(algorithms, strings.TrimPrefix(name, "django.contrib.auth.hashers."))
		if !ok {
			return fmt.Errorf("%q is no password hasher; there are %s", name,
				strings.Join(namesOf(algorithms), ", "))
		}
		names[i] = known.name
	}
	if len(names) > 0 && slices.Contains(readOnly, names[0]) {
		return fmt.Errorf("%s is too weak for new passwords; put another one first", names[0])
	}
	s.PasswordHashers = names
	return nil
}

// validators are those of django.contrib.auth.password_validation by short
// names and by their classes, in Django's order.
var validators = []named[password.Validator]{
	{"similarity", "UserAttributeSimilarityValidator", func(*Settings) password.Validator {
		return password.NotSimilar{}
	}},
	{"length", "MinimumLengthValidator", func(s *Settings) password.Validator {
		return password.MinLength{Least: s.PasswordMinLength}
	}},
	{"common", "CommonPasswordValidator", func(*Settings) password.Validator {
		return password.NotCommon{}
	}},
	{"numeric", "NumericPasswordValidator", func(*Settings) password.Validator {
		return password.NotNumeric{}
	}},
}

// setValidators takes short names, Django's dotted names of their classes, or
// the word "all".
func setValidators(s *Settings, v value) error {
	names, err := v.list()
	if err != nil {
		return err
	}
	if slices.Equal(names, []string{"all"}) {
		names = namesOf(validators)
	}
	for i, name := range names {
		known, ok := find(validators, strings.TrimPrefix(name, "django.contrib.auth.password_validation."))
		if !ok {
			return fmt.Errorf("%q is no password validator; there are %s", name,
				strings.Join(namesOf(validators), ", "))
		}
		names[i] = known.name
	}
	s.PasswordValidators = names
	return nil
}

func setMinLength(s *Settings, v value) error {
	n, err := v.int(1, password.MaxLength)
	s.PasswordMinLength = int(n)
	return err
}

func (s *Settings) hashers() *password.Hashers {
	list := []password.Hasher{}
	for _, algorithm := range s.PasswordHashers {
		list = append(list, s.hasher(algorithm))
	}
	if len(list) == 0 {
		for _, h := range password.Default() {
			list = append(list, s.hasher(h.Algorithm()))
		}
	}
	return password.New(&password.Options{Hashers: list, NoUpgrade: !s.PasswordUpgrade})
}

// hasher returns the hasher of an algorithm that setHashers knows.
func (s *Settings) hasher(algorithm string) password.Hasher {
	known, _ := find(algorithms, algorithm)
	return known.new(s)
}

func (s *Settings) validators() []password.Validator {
	list := []password.Validator{} // not nil: none is none
	for _, name := range s.PasswordValidators {
		v, _ := find(validators, name) // setValidators has looked
		list = append(list, v.new(s))
	}
	return list
}

// tokens returns what makes reset links. The users' times are in lastLogin.
func (s *Settings) tokens(lastLogin *time.Location) (*token.Generator, error) {
	keys, err := s.Keys()
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("settings: TIME_ZONE: %w", err)
	}
	return token.New(keys, &token.Options{
		Timeout:   s.PasswordResetTimeout,
		Location:  zone,
		LastLogin: lastLogin,
	})
}
