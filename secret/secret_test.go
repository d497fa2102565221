package secret_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"slices"
	"strings"
	"testing"
	plain "text/template"

	"github.com/google/go-cmp/cmp"

	"github.com/jamsession/jamsession/secret"
)

const sentinel = "SENTINEL of 36 characters or there."

// A holder has a secret where printers call its methods, and where they cannot.
type holder struct {
	Shown  secret.Text
	hidden secret.Text
	ptr    *secret.Text
	inside struct{ list []secret.Text }
	Keys   secret.Keys
	keys   secret.Keys
	Map    map[string]secret.Text
	any    any
}

func newHolder(t *testing.T) holder {
	t.Helper()
	text := secret.New(sentinel)
	keys, err := secret.NewKeys(sentinel, sentinel+"2")
	if err != nil {
		t.Fatal(err)
	}
	h := holder{
		Shown: text, hidden: text, ptr: &text, Keys: keys, keys: keys,
		Map: map[string]secret.Text{"a": text}, any: text,
	}
	h.inside.list = []secret.Text{text}
	return h
}

// shows reports whether a text has the sentinel in any of the ways in which
// printers write text.
func shows(text string) bool {
	decimal := strings.Trim(fmt.Sprint([]byte(sentinel)), "[]")
	bytes := fmt.Sprintf("%#v", []byte(sentinel))
	for _, form := range []string{
		sentinel, hex.EncodeToString([]byte(sentinel)), base64.StdEncoding.EncodeToString([]byte(sentinel))[:40],
		decimal, strings.ReplaceAll(decimal, " ", ","), bytes[7 : len(bytes)-1],
	} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
			return true
		}
	}
	return false
}

func TestNoPrinterShowsASecret(t *testing.T) {
	h := newHolder(t)
	printed := map[string]func() string{}
	for _, verb := range []string{
		"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%t", "%c", "%U", "%o", "%b", "%e", "%g", "%p", "%w", "%T", "%!", "%99v",
		"none",
	} {
		printed["fmt "+verb] = func() string {
			return fmt.Sprintf(verb, h) + fmt.Sprintf(verb, &h) + fmt.Sprintf(verb, h.Shown) + fmt.Sprintf(verb, &h.Shown) +
				fmt.Sprintf(verb, h.Keys) + fmt.Sprintf(verb, &h.Keys) + fmt.Sprintf(verb, []any{h.Shown, h.Keys, &h})
		}
	}
	printed["Print"] = func() string { return fmt.Sprint(h.Shown, h.Keys, h) }
	printed["error"] = func() string { return fmt.Errorf("x %v: %w", h, errors.New(fmt.Sprint(h.Shown))).Error() }
	printed["JSON"] = func() string { return encoded(json.Marshal(h)) + encoded(json.Marshal([]any{h.Shown, h.Keys})) }
	printed["XML"] = func() string {
		return encoded(xml.Marshal(struct {
			A secret.Text `xml:",attr"`
			B secret.Text
			C secret.Keys
		}{h.Shown, h.Shown, h.Keys}))
	}
	printed["gob"] = func() string {
		var b bytes.Buffer
		err := gob.NewEncoder(&b).Encode(struct {
			A int
			B secret.Text
		}{1, h.Shown})
		return b.String() + fmt.Sprint(err)
	}
	printed["slog"] = func() string {
		var b bytes.Buffer
		for _, handler := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
			slog.New(handler).Info("x", "text", h.Shown, "ptr", &h.Shown, "keys", h.Keys, "holder", h, "list", []any{h, h.Shown})
		}
		return b.String()
	}
	printed["templates"] = func() string {
		var b bytes.Buffer
		const text = `{{.Shown}} {{.}} {{printf "%s %v" .Keys .Shown}}`
		_ = plain.Must(plain.New("").Parse(text)).Execute(&b, h)
		_ = template.Must(template.New("").Parse(text+`<script>{{.Shown}}</script><a x="{{.Keys}}">`)).Execute(&b, h)
		return b.String()
	}
	printed["go-cmp"] = func() string {
		other := newHolder(t)
		other.Shown = secret.New("x")
		other.keys, _ = secret.NewKeys("x")
		return cmp.Diff(h, other, cmp.AllowUnexported(holder{}, secret.Keys{}, struct{ list []secret.Text }{}))
	}
	for name, print := range printed {
		if text := print(); shows(text) || text == "" {
			t.Errorf("%s shows it, or nothing: %q", name, text)
		}
	}
}

func encoded(text []byte, err error) string { return string(text) + fmt.Sprint(err) }

// TestLengthDoesNotShow either.
func TestLengthDoesNotShow(t *testing.T) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%q", "%x", "%d"} {
		one, two := secret.New("x"), secret.New(sentinel)
		if a, b := fmt.Sprintf(verb, one), fmt.Sprintf(verb, two); a != b || a != fmt.Sprintf(verb, secret.Text{}) {
			t.Errorf("%s tells one secret from another: %s, %s", verb, a, b)
		}
	}
}

// TestEncodedSecretsCannotBeDecoded: asterisks would be a key that everybody
// knows.
func TestEncodedSecretsCannotBeDecoded(t *testing.T) {
	text, err := json.Marshal(newHolder(t))
	if err != nil || !strings.Contains(string(text), `"Shown":"********************"`) {
		t.Fatalf("JSON: %s, %v", text, err)
	}
	var back holder
	if err := json.Unmarshal(text, &back); err == nil {
		t.Errorf("read back: %v", back)
	}
}

func TestText(t *testing.T) {
	text, zero := secret.New(sentinel), secret.Text{}
	if text.Reveal() != sentinel || text.IsZero() || zero.Reveal() != "" || !zero.IsZero() || !secret.New("").IsZero() {
		t.Error("a text is another")
	}
	for _, other := range []string{"", "x", sentinel[1:], sentinel + "x", strings.ToLower(sentinel)} {
		if text.Equal(secret.New(other)) {
			t.Errorf("equal to %q", other)
		}
	}
	if !text.Equal(secret.New(sentinel)) || !zero.Equal(secret.New("")) {
		t.Error("not equal to itself")
	}
}

func TestKeys(t *testing.T) {
	keys, err := secret.NewKeys("new", "old", "older")
	if err != nil {
		t.Fatal(err)
	}
	reveal := func(texts []secret.Text) string {
		var list []string
		for _, text := range texts {
			list = append(list, text.Reveal())
		}
		return strings.Join(list, " ")
	}
	all := reveal(slices.Collect(keys.All()))
	if keys.IsZero() || keys.Current().Reveal() != "new" || all != "new old older" {
		t.Errorf("current %s, all %s", keys.Current().Reveal(), all)
	}
	var none secret.Keys
	if !none.IsZero() || !none.Current().IsZero() || slices.Collect(none.All()) != nil {
		t.Error("the zero Keys are some")
	}
}

func TestEmptyKeysAreRefusedByName(t *testing.T) {
	for want, keys := range map[string][]string{
		"the current key is empty": {""}, "at index 0 is empty": {sentinel, ""}, "at index 1 is empty": {sentinel, sentinel, ""},
	} {
		made, err := secret.NewKeys(keys[0], keys[1:]...)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), sentinel) || !made.IsZero() {
			t.Errorf("%q: error %v", want, err)
		}
	}
}

func ExampleText() {
	password := secret.New("correct horse battery staple")
	fmt.Println("logging in with", password)
	sum := sha256.Sum256([]byte(password.Reveal()))
	fmt.Printf("%x…\n", sum[:4])
	// Output:
	// logging in with ********************
	// c4bbcb1f…
}

func ExampleNewKeys() {
	keys, err := secret.NewKeys("of today", "of last year")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(keys)
	_, err = secret.NewKeys("")
	fmt.Println(err)
	// Output:
	// ********************
	// secret: the current key is empty; use a random one, and keep it
}
