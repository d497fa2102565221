package console

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/rawjson"
)

// FuzzOwnPage: whatever somebody writes into "next", the way leads to a page below the console.
func FuzzOwnPage(f *testing.F) {
	for _, next := range []string{
		"users/7/", "limits/?name=a", "//evil.example/", "users/../../x/", `users/\\evil/`, "users/%2e%2e/", "users/%0d%0ax/",
		"https://evil.example/", "users/a:b/?x=//evil", "again/?next=again/", "?q", "sessions/%2f%2fevil/",
	} {
		f.Add(next)
	}
	f.Fuzz(func(t *testing.T, next string) {
		to := new(Console).ownPage(next)
		at, err := url.Parse("https://site.example/ops/console/again/")
		if err != nil {
			t.Fatal(err)
		}
		end, err := at.Parse("../" + to)
		if err != nil || end.Host != "site.example" || end.Scheme != "https" ||
			!strings.HasPrefix(end.EscapedPath(), "/ops/console/") || strings.ContainsAny(to, "\r\n\\ ") {
			t.Errorf("%q leads to %q: %v, %v", next, to, end, err)
		}
	})
}

// FuzzShownItems: any items can be shown, and no value of a name that is secret, at any depth.
func FuzzShownItems(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"a":{"token":"PLANTED"}}`, `{"a":[[{"Password":["PLANTED"]}]],"b":NaN}`, `{"token":1,"a":"\u202e"}`,
		`{"a":` + strings.Repeat(`{"a":`, 40) + `1` + strings.Repeat(`}`, 41), `{"a":{"token":1,"token":2}}`, `{"a":"\ud800"}`,
		`{"a":{"token":"PLANTED","n":NaN}}`, `{"a":"{\"token\":\"PLANTED\"}"}`, `{"a":"/x/?token=PLANTED&b=1"}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		items, err := rawjson.Parse([]byte(text))
		if err != nil {
			return
		}
		var decoded any
		_ = json.Unmarshal([]byte(text), &decoded)
		clean := !strings.Contains(withoutSecrets(decoded), "PLANTED")
		for _, i := range shownItems(items, strings.Repeat("k", 32), true) {
			if i.Secret && i.Value != "" || clean && strings.Contains(i.Value, "PLANTED") && json.Valid([]byte(text)) {
				t.Errorf("%s shows %+v", text, i)
			}
		}
	})
}

// withoutSecrets writes all names and values that are not below a name with "token" or "passw" in it.
func withoutSecrets(value any) string {
	switch v := value.(type) {
	case map[string]any:
		var b strings.Builder
		for name, inner := range v {
			b.WriteString(name)
			if lower := strings.ToLower(name); !strings.Contains(lower, "token") && !strings.Contains(lower, "passw") {
				b.WriteString(withoutSecrets(inner))
			}
		}
		return b.String()
	case []any:
		var b strings.Builder
		for _, inner := range v {
			b.WriteString(withoutSecrets(inner))
		}
		return b.String()
	case string:
		return v
	default:
		return ""
	}
}

// TestSecretsWithinValues are masked however deep, also in what only Python takes for JSON, in JSON
// within a text, and in addresses.
func TestSecretsWithinValues(t *testing.T) {
	for raw, want := range map[string]string{
		`{"token":"PLANTED","n":NaN}`:                            `{"token":"(secret)","n":NaN}`,
		`[{"hash":["PLANTED",{}]},-Infinity]`:                    `[{"hash":"(secret)"},-Infinity]`,
		`{"loginCode":1234567,"a":[],"b":{}}`:                    `{"loginCode":"(secret)","a":[],"b":{}}`,
		`{"t\u006fken":"PLANTED","token":"PLANTED"}`:             `{"t\u006fken":"(secret)","token":"(secret)"}`,
		`"{\"api_key\": \"PLANTED\", \"n\": 1}"`:                 `"{\"api_key\":\"(secret)\",\"n\":1}"`,
		`{"a":"[{\"b\":\"{\\\"pin\\\":77}\"}]"}`:                 `{"a":"[{\"b\":\"{\\\"pin\\\":\\\"(secret)\\\"}\"}]"}`,
		`"/in/?next=%2f&access_token=PLANTED&a=b#state=PLANTED"`: `"/in/?next=%2f&access_token=(secret)&a=b#state=(secret)"`,
		`"{no JSON"`: `"{no JSON"`, `[1,[2,"x"]]`: `[1,[2,"x"]]`, `"[1]"`: `"[1]"`, `null`: `null`, `""`: `""`,
	} {
		got := strings.NewReplacer("\n", "", " ", "").Replace(shownValue([]byte(raw)))
		if got != strings.ReplaceAll(want, " ", "") {
			t.Errorf("%s is shown as\n%s, want\n%s", raw, got, want)
		}
	}
	deep := strings.Repeat("[", 60) + `"PLANTED"` + strings.Repeat("]", 60)
	long := `["` + strings.Repeat("x", 2*maxShown) + `"]`
	inner := `"` + strings.Repeat(`[`, 2*rawjson.MaxDepth) + `\"PLANTED\"` + strings.Repeat(`]`, 2*rawjson.MaxDepth) + `"`
	for _, raw := range []string{deep, long, inner} {
		if got := shownValue([]byte(raw)); strings.Contains(got, "PLANTED") || len(got) > maxShown+10 || !strings.Contains(got, "…") {
			t.Errorf("%.30s is shown as %d bytes: %.100s", raw, len(got), got)
		}
	}
}
