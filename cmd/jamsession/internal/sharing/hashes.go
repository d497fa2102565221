package sharing

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jamsession/jamsession/settings"
)

// storedHashes looks for users whose password one side cannot check.
func (s site) storedHashes() []settings.Finding {
	there, own := s.djangoAlgorithms()
	here := s.myAlgorithms()
	count := make(map[string]int)
	for kind, n := range s.facts.Hashes {
		count[kind.Algorithm] += n
	}
	var findings []settings.Finding
	for _, algorithm := range slices.Sorted(maps.Keys(count)) {
		users := fmt.Sprintf("%d of the %d newest users have a password hash of %s", count[algorithm],
			s.facts.Users, algorithm)
		if !slices.Contains(here, algorithm) {
			findings = append(findings, failure("E116",
				users+", which is not read here: they cannot log in.",
				"Add "+algorithm+" to PASSWORD_HASHERS here, after the first. If it is the site's own, "+
					"write a password.Hasher for it.")...)
		}
		if len(own) == 0 && !slices.Contains(there, algorithm) {
			findings = append(findings, failure("E117",
				users+", which Django does not read: they cannot log in there.",
				"Add its hasher to Django's PASSWORD_HASHERS.")...)
		}
	}
	return findings
}

// A release is what a release of Django does unless it is told otherwise.
type release struct {
	version    string
	iterations int
	matches    func(has func(string) bool) bool
}

// releases are told apart by the settings that they know.
var releases = []release{
	{"3.1", 216_000, func(has func(string) bool) bool {
		return has("DEFAULT_HASHING_ALGORITHM") && !has("DEFAULT_AUTO_FIELD")
	}},
	{"3.2", 260_000, func(has func(string) bool) bool {
		return has("DEFAULT_HASHING_ALGORITHM") && has("DEFAULT_AUTO_FIELD")
	}},
	{"4.0", 320_000, func(has func(string) bool) bool {
		return has("CSRF_COOKIE_MASKED") && !has("SECRET_KEY_FALLBACKS")
	}},
	{"4.1", 390_000, func(has func(string) bool) bool {
		return has("CSRF_COOKIE_MASKED") && has("SECRET_KEY_FALLBACKS") && !has("STORAGES")
	}},
	{"4.2", 600_000, func(has func(string) bool) bool {
		return has("CSRF_COOKIE_MASKED") && has("STORAGES")
	}},
	{"5.0", 720_000, func(has func(string) bool) bool {
		return has("FORMS_URLFIELD_ASSUME_HTTPS") && has("DEFAULT_FILE_STORAGE")
	}},
	{"5.1", 870_000, func(has func(string) bool) bool {
		return has("FORMS_URLFIELD_ASSUME_HTTPS") && !has("DEFAULT_FILE_STORAGE") &&
			!has("SIGNED_COOKIE_LEGACY_SALT_FALLBACK")
	}},
	{"5.2", 1_000_000, func(has func(string) bool) bool {
		return has("FORMS_URLFIELD_ASSUME_HTTPS") && !has("DEFAULT_FILE_STORAGE")
	}},
	{"6.0", 1_200_000, func(has func(string) bool) bool { return has("SECURE_CSP") }},
	{"6.1", 1_500_000, func(has func(string) bool) bool {
		return has("SECURE_CSP") && has("SIGNED_COOKIE_LEGACY_SALT_FALLBACK")
	}},
}

// candidates are the releases that this Django may be.
func (s site) candidates() []release {
	var list []release
	for _, r := range releases {
		if r.matches(s.has) {
			list = append(list, r)
		}
	}
	return list
}

// iterations compares the cost of new hashes. Django has no setting for it:
// it follows from the release, and what is in the table.
func (s site) iterations() []settings.Finding {
	there, _ := s.djangoAlgorithms()
	here := s.myAlgorithms()
	if !s.here.PasswordUpgrade || here[0] != "pbkdf2_sha256" {
		return nil
	}
	wanted, why := s.djangoIterations(len(there) > 0 && there[0] == "pbkdf2_sha256")
	if len(wanted) == 0 || slices.Contains(wanted, s.here.PBKDF2Iterations) {
		return nil
	}
	last := wanted[len(wanted)-1]
	return warning("W127", fmt.Sprintf("PBKDF2_ITERATIONS is %d here, and %s: each login replaces the "+
		"other "+
		"side's hash, and that ends the user's other sessions.", s.here.PBKDF2Iterations, why),
		fmt.Sprintf("Set PBKDF2_ITERATIONS = %d here, or PASSWORD_UPGRADE = false.", last))
}

// djangoIterations returns the numbers that Django may use, and how that is
// known. What is stored decides between releases.
func (s site) djangoIterations(standard bool) (numbers []int, why string) {
	var versions []string
	var confirmed []int
	for _, r := range s.candidates() {
		if !standard {
			break
		}
		numbers = append(numbers, r.iterations)
		versions = append(versions, fmt.Sprintf("Django %s has %d", r.version, r.iterations))
		if s.facts.Hashes[Hash{"pbkdf2_sha256", strconv.Itoa(r.iterations)}] > 0 {
			confirmed = append(confirmed, r.iterations)
		}
	}
	if len(confirmed) > 0 {
		return confirmed, fmt.Sprintf("users have hashes of %d, as this Django makes "+
			"them", confirmed[len(confirmed)-1])
	}
	if len(numbers) > 0 {
		return numbers, strings.Join(versions, ", ")
	}
	if n := s.commonIterations(); n > 0 {
		return []int{n}, fmt.Sprintf("most of the newest users have hashes of %d", n)
	}
	return nil, ""
}

// commonIterations is the number that most users' hashes have, 0 if there
// are none.
func (s site) commonIterations() int {
	most, users := 0, 0
	for kind, n := range s.facts.Hashes {
		cost, err := strconv.Atoi(kind.Cost)
		if kind.Algorithm == "pbkdf2_sha256" && err == nil && (n > users || n == users && cost > most) {
			most, users = cost, n
		}
	}
	return most
}
