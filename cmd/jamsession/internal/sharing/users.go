package sharing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/settings"
)

// OtherUsers is the id of the finding that Django's users are in another table.
const OtherUsers = "jamsession.E113"

func (s site) userModel() []settings.Finding {
	model, ok := s.django["AUTH_USER_MODEL"].(string)
	switch {
	case !ok:
		return notUnderstood("AUTH_USER_MODEL")
	case model == "auth.User":
		return nil
	}
	return failure("E113", "AUTH_USER_MODEL is "+model+": its users are in a table that settings.Open "+
		"does "+
		"not read, so nobody who logged in at Django is known here.",
		"Write an auth.UserStore for that table and give it to auth.New. Its Password must be the "+
			"column "+
			"password as it is, and its ID the primary key.")
}

const modelBackend = "django.contrib.auth.backends.ModelBackend"

func (s site) backends() []settings.Finding {
	var findings []settings.Finding
	list, ok := s.texts("AUTHENTICATION_BACKENDS", &findings)
	if !ok {
		return findings
	}
	if !slices.Contains(list, modelBackend) {
		findings = append(findings, failure("E114", "AUTHENTICATION_BACKENDS has "+
			"no "+modelBackend+": who logs "+
			"in here is anonymous at Django.", "Add it to Django's list, or give "+
			"auth.Options.Backends one "+
			"with the name of Django's.")...)
	}
	for _, name := range list {
		if name != modelBackend {
			findings = append(findings, warning("W117", "Who logs in at Django through "+name+" is "+
				"anonymous "+
				"here.", "Give auth.Options.Backends one with this name.")...)
		}
	}
	return findings
}

// middleware looks for what makes Django's sessions and logins work.
func (s site) middleware() []settings.Finding {
	var findings []settings.Finding
	list, ok := s.texts("MIDDLEWARE", &findings)
	for _, m := range []struct{ name, effect string }{
		{
			"django.contrib.sessions.middleware.SessionMiddleware",
			"its requests have no session, or one of the site's own kind",
		},
		{
			"django.contrib.auth.middleware.AuthenticationMiddleware",
			"its requests have no user, or one of the site's own kind",
		},
	} {
		if ok && !slices.Contains(list, m.name) {
			findings = append(findings, warning("W118", "MIDDLEWARE of Django has "+
				"no "+m.name+": "+m.effect+".",
				"Add it, or make sure that what stands in its place keeps to the same format.")...)
		}
	}
	return findings
}

// algorithms are those of Django's own hashers, by the names of their classes.
var algorithms = map[string]string{
	"PBKDF2PasswordHasher": "pbkdf2_sha256", "PBKDF2SHA1PasswordHasher": "pbkdf2_sha1",
	"Argon2PasswordHasher": "argon2", "ScryptPasswordHasher": "scrypt",
	"BCryptSHA256PasswordHasher": "bcrypt_sha256", "BCryptPasswordHasher": "bcrypt",
	"MD5PasswordHasher": "md5", "SHA1PasswordHasher": "sha1", "UnsaltedMD5PasswordHasher": "unsalted_md5",
	"UnsaltedSHA1PasswordHasher": "unsalted_sha1", "CryptPasswordHasher": "crypt",
}

// djangoAlgorithms returns the algorithms that Django reads, the preferred
// one first, and the classes that are not Django's own.
func (s site) djangoAlgorithms() (known, own []string) {
	list, _ := asTexts(s.django["PASSWORD_HASHERS"])
	for _, path := range list {
		class, ok := strings.CutPrefix(path, "django.contrib.auth.hashers.")
		algorithm := algorithms[class]
		if !ok || algorithm == "" {
			own = append(own, path)
			algorithm = path
		}
		known = append(known, algorithm)
	}
	return known, own
}

// standardAlgorithms are the ones that settings read if none are named.
var standardAlgorithms = []string{"pbkdf2_sha256", "pbkdf2_sha1", "argon2", "bcrypt_sha256", "scrypt"}

func (s site) myAlgorithms() []string {
	if len(s.here.PasswordHashers) > 0 {
		return s.here.PasswordHashers
	}
	return standardAlgorithms
}

func (s site) hashers() []settings.Finding {
	var findings []settings.Finding
	if _, ok := s.texts("PASSWORD_HASHERS", &findings); !ok {
		return findings
	}
	there, own := s.djangoAlgorithms()
	here := s.myAlgorithms()
	for _, path := range own {
		findings = append(findings, warning("W119", "PASSWORD_HASHERS has "+path+", which is not "+
			"Django's own: "+
			"if it changes only the cost, compare that by hand; if it has a format of its own, users "+
			"with "+
			"such a hash cannot log in here.", "Write a password.Hasher for it, or set "+
			"PBKDF2_ITERATIONS "+
			"to its number.")...)
	}
	if len(there) > 0 && there[0] != here[0] && len(own) == 0 && s.here.PasswordUpgrade {
		findings = append(findings, warning("W126", fmt.Sprintf("New passwords are hashed with %s by "+
			"Django and "+
			"with %s here: each login replaces the other side's hash, and that ends the user's other "+
			"sessions.", there[0], here[0]),
			fmt.Sprintf("Put %s first in PASSWORD_HASHERS here, or set PASSWORD_UPGRADE = "+
				"false.", there[0]))...)
	}
	for _, algorithm := range here {
		if algorithm == here[0] && len(own) == 0 && !slices.Contains(there, algorithm) {
			findings = append(findings, failure("E115", "Django does not read "+algorithm+", with "+
				"which new "+
				"passwords are hashed here: who sets a password here cannot log in at Django.",
				"Add its hasher to Django's PASSWORD_HASHERS, or change the first one here.")...)
		}
	}
	return findings
}
