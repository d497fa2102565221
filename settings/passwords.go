package settings

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/token"
)

// hasherClasses has the names of Django's classes in
// django.contrib.auth.hashers, by the algorithm that stands in their strings.
var hasherClasses = map[string]string{
	"PBKDF2PasswordHasher":       "pbkdf2_sha256",
	"PBKDF2SHA1PasswordHasher":   "pbkdf2_sha1",
	"Argon2PasswordHasher":       "argon2",
	"BCryptSHA256PasswordHasher": "bcrypt_sha256",
	"BCryptPasswordHasher":       "bcrypt",
	"ScryptPasswordHasher":       "scrypt",
	"MD5PasswordHasher":          "md5",
	"SHA1PasswordHasher":         "sha1",
	"UnsaltedMD5PasswordHasher":  "unsalted_md5",
	"UnsaltedSHA1PasswordHasher": "unsalted_sha1",
	"CryptPasswordHasher":        "crypt",
}

// hasher returns the hasher of an algorithm, nil if there is none.
func hasher(algorithm string, iterations int) password.Hasher {
	switch algorithm {
	case "pbkdf2_sha256":
		return password.PBKDF2SHA256{Iterations: iterations}
	case "pbkdf2_sha1":
		return password.PBKDF2SHA1{Iterations: iterations}
	case "argon2":
		return password.Argon2{}
	case "bcrypt_sha256":
		return password.BCryptSHA256{}
	case "bcrypt":
		return password.BCrypt{}
	case "scrypt":
		return password.Scrypt{}
	case "md5":
		return password.MD5{}
	case "sha1":
		return password.SHA1{}
	case "unsalted_md5":
		return password.UnsaltedMD5{}
	case "unsalted_sha1":
		return password.UnsaltedSHA1{}
	case "crypt":
		return password.Crypt{}
	}
	return nil
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
		class := strings.TrimPrefix(name, "django.contrib.auth.hashers.")
		if algorithm := hasherClasses[class]; algorithm != "" {
			names[i] = algorithm
		}
		if hasher(names[i], 0) == nil {
			return fmt.Errorf("%q is no password hasher; there are "+
				"pbkdf2_sha256, pbkdf2_sha1, argon2, bcrypt_sha256, bcrypt, scrypt, %s",
				name, strings.Join(readOnly, ", "))
		}
	}
	if len(names) > 0 && slices.Contains(readOnly, names[0]) {
		return fmt.Errorf("%s is too weak for new passwords; put another one first", names[0])
	}
	s.PasswordHashers = names
	return nil
}

// validatorClasses has the names of Django's classes in
// django.contrib.auth.password_validation, by the short names.
var validatorClasses = map[string]string{
	"UserAttributeSimilarityValidator": "similarity",
	"MinimumLengthValidator":           "length",
	"CommonPasswordValidator":          "common",
	"NumericPasswordValidator":         "numeric",
}

// allValidators are the short names, in Django's order.
var allValidators = []string{"similarity", "length", "common", "numeric"}

// setValidators takes short names, Django's dotted names of their classes, or
// the word "all".
func setValidators(s *Settings, v value) error {
	names, err := v.list()
	if err != nil {
		return err
	}
	if slices.Equal(names, []string{"all"}) {
		names = slices.Clone(allValidators)
	}
	for i, name := range names {
		class := strings.TrimPrefix(name, "django.contrib.auth.password_validation.")
		if short := validatorClasses[class]; short != "" {
			names[i] = short
		}
		if (&Settings{}).validator(names[i]) == nil {
			return fmt.Errorf("%q is no password validator; there are %s", name,
				strings.Join(allValidators, ", "))
		}
	}
	s.PasswordValidators = names
	return nil
}

func (s *Settings) validator(name string) password.Validator {
	switch name {
	case "similarity":
		return password.NotSimilar{}
	case "length":
		return password.MinLength{Least: s.PasswordMinLength}
	case "common":
		return password.NotCommon{}
	case "numeric":
		return password.NotNumeric{}
	}
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
		list = append(list, hasher(algorithm, s.PBKDF2Iterations))
	}
	if len(list) == 0 {
		for _, h := range password.Default() {
			list = append(list, hasher(h.Algorithm(), s.PBKDF2Iterations))
		}
	}
	return password.New(&password.Options{Hashers: list, NoUpgrade: !s.PasswordUpgrade})
}

func (s *Settings) validators() []password.Validator {
	list := []password.Validator{} // not nil: none is none
	for _, name := range s.PasswordValidators {
		list = append(list, s.validator(name))
	}
	return list
}

// tokens returns what makes reset links. The users' times are in lastLogin.
func (s *Settings) tokens(lastLogin *time.Location) (*token.Generator, error) {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("settings: TIME_ZONE: %w", err)
	}
	return token.New(s.SecretKey, &token.Options{
		Fallbacks: s.SecretKeyFallbacks,
		Timeout:   s.PasswordResetTimeout,
		Location:  zone,
		LastLogin: lastLogin,
	})
}
