package conf

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/internal/legacyhashers"
)

// A named is something that settings call by a short name, or by the name of
// Django's class.
type named[T any] struct {
	name, class string
	new         func(s *Settings) (T, error)
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

// shorten replaces Django's dotted names of classes in a module of
// django.contrib.auth by the short names of the list.
func shorten[T any](names []string, list []named[T], module, kind string) error {
	for i, name := range names {
		known, ok := find(list, strings.TrimPrefix(name, "django.contrib.auth."+module+"."))
		if !ok {
			return fmt.Errorf("%q is not a password %s; there are %s", name, kind,
				strings.Join(namesOf(list), ", "))
		}
		names[i] = known.name
	}
	return nil
}

// algorithms are the hashers by the word that begins their strings, and by
// their classes in django.contrib.auth.hashers.
var algorithms = []named[password.Hasher]{
	{"pbkdf2_sha256", "PBKDF2PasswordHasher", func(s *Settings) (password.Hasher, error) {
		return password.PBKDF2SHA256(s.PBKDF2Iterations)
	}},
	{"pbkdf2_sha1", "PBKDF2SHA1PasswordHasher", func(s *Settings) (password.Hasher, error) {
		return password.PBKDF2SHA1(s.PBKDF2Iterations)
	}},
	{"argon2", "Argon2PasswordHasher", func(*Settings) (password.Hasher, error) {
		return password.Argon2(0, 0, 0, 0)
	}},
	{"bcrypt_sha256", "BCryptSHA256PasswordHasher", func(*Settings) (password.Hasher, error) {
		return password.BCryptSHA256(0)
	}},
	{"bcrypt", "BCryptPasswordHasher", func(*Settings) (password.Hasher, error) {
		return password.BCrypt(0)
	}},
	{"scrypt", "ScryptPasswordHasher", func(*Settings) (password.Hasher, error) {
		return password.Scrypt(0, 0, 0)
	}},
	{"md5", "MD5PasswordHasher", readOnly("md5")},
	{"sha1", "SHA1PasswordHasher", readOnly("sha1")},
	{"unsalted_md5", "UnsaltedMD5PasswordHasher", readOnly("unsalted_md5")},
	{"unsalted_sha1", "UnsaltedSHA1PasswordHasher", readOnly("unsalted_sha1")},
	{"crypt", "CryptPasswordHasher", readOnly("crypt")},
}

// readOnly returns the hasher of package legacy, if the program has that.
func readOnly(algorithm string) func(*Settings) (password.Hasher, error) {
	return func(*Settings) (password.Hasher, error) {
		if legacyhashers.All == nil {
			return nil, errors.New(algorithm +
				` needs import _ "github.com/jamsession/jamsession/auth/password/legacy"`)
		}
		hashers := legacyhashers.All()
		i := slices.IndexFunc(hashers, func(h password.Hasher) bool { return h.Algorithm() == algorithm })
		return hashers[i], nil
	}
}

func is[T any](v T) func(*Settings) (T, error) {
	return func(*Settings) (T, error) { return v, nil }
}

// readOnlyAlgorithms make no new strings.
var readOnlyAlgorithms = []string{"md5", "sha1", "unsalted_md5", "unsalted_sha1", "crypt"}

// setHashers takes algorithms, and Django's dotted names of their classes.
func setHashers(s *Settings, v value) error {
	names, err := v.list()
	if err != nil {
		return err
	}
	if err := shorten(names, algorithms, "hashers", "hasher"); err != nil {
		return err
	}
	if len(names) > 0 && slices.Contains(readOnlyAlgorithms, names[0]) {
		return fmt.Errorf("%s is too weak for new passwords; put another one first", names[0])
	}
	s.PasswordHashers = names
	return nil
}

// validators are those of django.contrib.auth.password_validation by short
// names and by their classes, in Django's order.
var validators = []named[password.Validator]{
	{"similarity", "UserAttributeSimilarityValidator", func(*Settings) (password.Validator, error) {
		return password.NotSimilar(0.7)
	}},
	{"length", "MinimumLengthValidator", func(s *Settings) (password.Validator, error) {
		return password.MinLength(s.PasswordMinLength)
	}},
	{"common", "CommonPasswordValidator", func(*Settings) (password.Validator, error) {
		return password.NotCommon(nil)
	}},
	{"numeric", "NumericPasswordValidator", is(password.NotNumeric())},
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
	if err := shorten(names, validators, "password_validation", "validator"); err != nil {
		return err
	}
	s.PasswordValidators = names
	return nil
}

func setMinLength(s *Settings, v value) error {
	n, err := v.int(1, 4096)
	s.PasswordMinLength = int(n)
	return err
}

// HasherOptions are those of what makes and checks password hashes.
func (s *Settings) HasherOptions() (*password.Options, error) {
	names := s.PasswordHashers
	if len(names) == 0 {
		for _, h := range password.Default() {
			names = append(names, h.Algorithm())
		}
	}
	var list []password.Hasher
	for _, name := range names {
		known, _ := find(algorithms, name) // setHashers has looked
		h, err := known.new(s)
		if err != nil {
			return nil, fmt.Errorf("settings: PASSWORD_HASHERS: %w", err)
		}
		list = append(list, h)
	}
	return &password.Options{Hashers: list, NoUpgrade: !s.PasswordUpgrade}, nil
}

// Validators returns what judges new passwords, not nil.
func (s *Settings) Validators() ([]password.Validator, error) {
	list := []password.Validator{} // not nil: an empty list means none
	for _, name := range s.PasswordValidators {
		known, _ := find(validators, name) // setValidators has looked
		v, err := known.new(s)
		if err != nil {
			return nil, fmt.Errorf("settings: AUTH_PASSWORD_VALIDATORS: %w", err)
		}
		list = append(list, v)
	}
	return list, nil
}
