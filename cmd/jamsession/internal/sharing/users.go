package sharing

import (
	"slices"
	"strings"

	"github.com/jamsession/jamsession/internal/conf"
)

// OtherUsers is the id of the finding that Django's users are in another table.
const OtherUsers = "jamsession.E113"

func (s site) userModel() []conf.Finding {
	model, ok := s.django["AUTH_USER_MODEL"].(string)
	switch {
	case !ok:
		return notUnderstood("AUTH_USER_MODEL")
	case model == "auth.User":
		return nil
	}
	return finding("user_model", fields{"Django": model})
}

const modelBackend = "django.contrib.auth.backends.ModelBackend"

func (s site) backends() []conf.Finding {
	var findings []conf.Finding
	list, ok := s.texts("AUTHENTICATION_BACKENDS", &findings)
	if !ok {
		return findings
	}
	if !slices.Contains(list, modelBackend) {
		findings = append(findings, finding("model_backend_missing", nil)...)
	}
	for _, name := range list {
		if name != modelBackend {
			findings = append(findings, finding("backend_unknown", fields{"Django": name})...)
		}
	}
	return findings
}

// middleware looks for what makes Django's sessions and logins work.
func (s site) middleware() []conf.Finding {
	var findings []conf.Finding
	list, ok := s.texts("MIDDLEWARE", &findings)
	for _, m := range []struct{ path, finding string }{
		{"django.contrib.sessions.middleware.SessionMiddleware", "session_middleware"},
		{"django.contrib.auth.middleware.AuthenticationMiddleware", "auth_middleware"},
	} {
		if ok && !slices.Contains(list, m.path) {
			findings = append(findings, finding(m.finding, nil)...)
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

func (s site) hashers() []conf.Finding {
	var findings []conf.Finding
	if _, ok := s.texts("PASSWORD_HASHERS", &findings); !ok {
		return findings
	}
	there, own := s.djangoAlgorithms()
	here := s.myAlgorithms()
	for _, path := range own {
		findings = append(findings, finding("hasher_not_djangos", fields{"Django": path})...)
	}
	if len(there) > 0 && there[0] != here[0] && len(own) == 0 && s.here.PasswordUpgrade {
		findings = append(findings, finding("hashers_differ", fields{"Django": there[0], "Here": here[0]})...)
	}
	for _, algorithm := range here {
		if algorithm == here[0] && len(own) == 0 && !slices.Contains(there, algorithm) {
			findings = append(findings, finding("hasher_unread_by_django", fields{"Here": algorithm})...)
		}
	}
	return findings
}
