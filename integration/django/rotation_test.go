package django

import (
	"strings"
	"testing"
)

// The key that replaces the secret key.
const newSecretKey = "Zt3kQ9vNw6Lx0PaRs5Yb8Cm1Df4Gh7JeUoIiTqWlExzK"

// tryRotation: the key is changed while both sites run, in the order that logs
// nobody out: first both accept the new key as well, then one side after the
// other signs with it, and then both forget the old one.
func tryRotation(t *testing.T, x exchange) {
	if x.notInDjango(4, 1) {
		return
	}
	accepting := x.with(t, secretKey, newSecretKey)
	signing := x.with(t, newSecretKey, secretKey)
	done := x.with(t, newSecretKey)
	steps := []struct {
		what     string
		from, to *side
	}{
		{"both accept the new key", x.of(accepting, x.from), x.of(accepting, x.to)},
		{"one signs with it", x.of(signing, x.from), x.of(accepting, x.to)},
		{"both sign with it", x.of(signing, x.from), x.of(signing, x.to)},
		{"the old one is forgotten", x.of(done, x.from), x.of(done, x.to)},
	}
	name := x.newUser(t, x.to)
	b := logIn(t, x.from, name)
	link := resetLink.FindString(x.mailTo(x.from, b, name))
	for _, step := range steps {
		for _, at := range []*side{step.from, step.to} {
			is(t, step.what+", at "+at.name, b.get(at, "/me"), name)
			b.post(at, "/items", "items", `{"`+at.name+`":1.0}`) // signs it again
		}
		b.post(step.from, "/messages", "level", "20", "text", step.what, "tags", "")
		is(t, step.what+", messages", b.get(step.to, "/messages"), `[[20,"`+step.what+`","info"]]`)
		good := strings.Contains(newBrowser(t).get(step.to, link), "new_password1")
		if last := step.what == steps[3].what; good == last {
			t.Errorf("%s: the link made with the old key is good: %v", step.what, good)
		}
	}
}

// mailTo asks one side for a reset link and returns the mail.
func (x exchange) mailTo(at *side, b *browser, name string) string {
	b.t.Helper()
	b.post(at, "/accounts/password_reset/", "email", address(name))
	return b.get(at, "/outbox?to="+address(name))
}

// with returns a pair at the same place with another key, which also accepts
// those behind it.
func (x exchange) with(t *testing.T, key string, fallbacks ...string) *pair {
	t.Helper()
	return openAt(t, x.engine, x.place,
		map[string]string{"SECRET_KEY": key, "SECRET_KEY_FALLBACKS": strings.Join(fallbacks, ",")},
		map[string]any{"SECRET_KEY": key, "SECRET_KEY_FALLBACKS": append([]string{}, fallbacks...)})
}

// of returns the side of another pair that is of the same kind.
func (x exchange) of(p *pair, s *side) *side {
	if s.name == x.golang.name {
		return p.golang
	}
	return p.django
}
