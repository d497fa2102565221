package sharing

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jamsession/jamsession/internal/conf"
)

// storedHashes looks for users whose password one side cannot check.
func (s site) storedHashes() []conf.Finding {
	there, own := s.djangoAlgorithms()
	here := s.myAlgorithms()
	count := make(map[string]int)
	for kind, n := range s.stored.Hashes {
		count[kind.Algorithm] += n
	}
	var findings []conf.Finding
	for _, algorithm := range slices.Sorted(maps.Keys(count)) {
		values := fields{"Count": count[algorithm], "Users": s.stored.Users, "Algorithm": algorithm}
		if !slices.Contains(here, algorithm) {
			findings = append(findings, s.finding("stored_hash_unread_here", values)...)
		}
		if len(own) == 0 && !slices.Contains(there, algorithm) {
			findings = append(findings, s.finding("stored_hash_unread_by_django", values)...)
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
		if s.facts.Django == "" && r.matches(s.has) || strings.HasPrefix(s.facts.Django, r.version+".") {
			list = append(list, r)
		}
	}
	return list
}

// iterations compares the cost of new hashes. Django has no setting for it:
// it follows from the release, and what is in the table.
func (s site) iterations() []conf.Finding {
	there, _ := s.djangoAlgorithms()
	here := s.myAlgorithms()
	if !s.here.PasswordUpgrade || here[0] != "pbkdf2_sha256" {
		return nil
	}
	standard := len(there) > 0 && there[0] == "pbkdf2_sha256"
	wanted, name, releases := s.djangoIterations(standard)
	if len(wanted) == 0 || slices.Contains(wanted, s.here.PBKDF2Iterations) {
		return nil
	}
	return s.finding(name, fields{
		"Here": s.here.PBKDF2Iterations, "Django": wanted[len(wanted)-1], "Releases": releases,
	})
}

// djangoIterations returns the numbers that Django may use, the name of the
// finding that says how they are known, and the releases that may be meant. The
// stored hashes decide between releases.
func (s site) djangoIterations(standard bool) (numbers []int, name, of string) {
	if n := s.factsIterations(); n > 0 {
		return []int{n}, "iterations_of_the_hasher", ""
	}
	var versions []string
	var confirmed []int
	for _, r := range s.candidates() {
		if !standard {
			break
		}
		numbers = append(numbers, r.iterations)
		versions = append(versions, fmt.Sprintf("Django %s has %d", r.version, r.iterations))
		if s.stored.Hashes[Hash{"pbkdf2_sha256", strconv.Itoa(r.iterations)}] > 0 {
			confirmed = append(confirmed, r.iterations)
		}
	}
	if len(confirmed) > 0 {
		return confirmed, "iterations_of_the_release_and_users", ""
	}
	if len(numbers) > 0 {
		return numbers, "iterations_of_the_release", strings.Join(versions, ", ")
	}
	if n := s.commonIterations(); n > 0 {
		return []int{n}, "iterations_of_most_users", ""
	}
	return nil, "", ""
}

// factsIterations is the number of Django's first hasher, 0 if it is not known.
func (s site) factsIterations() int {
	if len(s.facts.Hashers) == 0 || s.facts.Hashers[0] == nil {
		return 0
	}
	return s.facts.Hashers[0].Iterations
}

// commonIterations is the number that most users' hashes have, 0 if there
// are none.
func (s site) commonIterations() int {
	most, users := 0, 0
	for kind, n := range s.stored.Hashes {
		cost, err := strconv.Atoi(kind.Cost)
		if kind.Algorithm == "pbkdf2_sha256" && err == nil && (n > users || n == users && cost > most) {
			most, users = cost, n
		}
	}
	return most
}
