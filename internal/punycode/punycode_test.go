package punycode_test

import (
	"strings"
	"testing"

	"golang.org/x/net/idna"

	"github.com/jamsession/jamsession/internal/punycode"
)

func TestHint(t *testing.T) {
	const which = "write its host in punycode, which begins with xn--"
	for text, want := range map[string]string{
		"https://bücher.example":                          "write punycode: https://xn--bcher-kva.example",
		"https://Bücher.Example":                          "write punycode: https://xn--bcher-kva.example",
		"https://*.bücher.example:8443":                   "write punycode: https://*.xn--bcher-kva.example:8443",
		".bücher.example":                                 "write punycode: .xn--bcher-kva.example",
		"bücher.example":                                  "write punycode: xn--bcher-kva.example",
		"https://a:b@bücher.example/in?x=ü#ü":             "write punycode: https://a:b@xn--bcher-kva.example/in?x=ü#ü",
		"https://example.com/bücher":                      "",
		"/bücher":                                         "",
		"https://example.com":                             "",
		"":                                                "",
		"https://bu\u0308cher.example":                    which,
		"https://ｅxample.com":                             which,
		"https://a\u200bb.example":                        which,
		"https://bü cher.example":                         which,
		"https://b\xffcher.example":                       which,
		"https://" + strings.Repeat("ü", 70) + ".example": which,
		"https://" + strings.Repeat("ü", 5000):            "",
	} {
		if got := punycode.Hint(text); got != want {
			t.Errorf("%.60q: %q, want %q", text, got, want)
		}
	}
}

// TestHintIsWhatBrowsersWrite: the same as by the tables of Unicode, wherever it says more
// than that punycode is needed.
func TestHintIsWhatBrowsersWrite(t *testing.T) {
	for _, host := range []string{
		"bücher.example", "müller-straße.de", "παράδειγμα.δοκιμή", "пример.испытание", "例え.テスト", "例子.测试",
		"실례.테스트", "مثال.إختبار", "דוגמה.טעסט", "ñandú.example", "æøå.example", "łódź.pl", "ĀĒĪ.example",
		"a-ü-b.example", "ü.ü.ü", "xn--bcher-kva.bücher", "日本語。example", "ΑΒΓ.example", "ﬁle.example",
	} {
		want, err := idna.Lookup.ToASCII(host)
		if err != nil {
			t.Fatalf("%s: %v", host, err)
		}
		got := strings.TrimPrefix(punycode.Hint(host), "write punycode: ")
		if got != want && !strings.HasPrefix(got, "write its host") {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
}

func FuzzHint(f *testing.F) {
	for _, host := range []string{"bücher.example", "例え.テスト", "ß", "aΣ", "İ", "ǅ.x", "ﬀ", "ℌ", "\u0149"} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		got, ok := strings.CutPrefix(punycode.Hint(host), "write punycode: ")
		if !ok || strings.ContainsAny(host, "/?#@:*_ ") {
			return
		}
		want, err := idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false)).ToASCII(host)
		if err == nil && got != strings.ToLower(want) {
			t.Errorf("%q: %s, want %s", host, got, want)
		}
	})
}
