package sharing_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
	"github.com/jamsession/jamsession/sqlstore"
)

// TestGoToPasteCompiles: each piece of Go in findings.toml is in this file, to the letter,
// with "…" for what a Django site says.
func TestGoToPasteCompiles(t *testing.T) {
	source, err := os.ReadFile("pastes_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]struct{ Go string }
	if _, err := toml.DecodeFile("findings.toml", &texts); err != nil {
		t.Fatal(err)
	}
	code := strings.ReplaceAll(string(source), "\n\t", "\n")
	pieces := 0
	for name, text := range texts {
		piece := regexp.MustCompile(`{{go [.]\w+}}`).ReplaceAllString(strings.TrimSpace(text.Go), `"…"`)
		if piece != "" && !strings.Contains(code, piece+"\n") {
			t.Errorf("%s: not tried:\n%s", name, piece)
		}
		if piece != "" {
			pieces++
		}
	}
	if tried := len(pasted()); pieces != tried {
		t.Errorf("%d pieces, and %d tried", pieces, tried)
	}
}

// pasted are what the pieces make.
func pasted() []*site.Options {
	return []*site.Options{pastedAge(), pastedColumn(), pastedNull(), pastedKey(), pastedPrefix()}
}

func pastedAge() *site.Options {
	options := &site.Options{Sessions: func(o *session.Options) {
		o.CookieAgeFor = func(items map[string]json.RawMessage) time.Duration {
			return 0 // as the method in Django; 0 is SESSION_COOKIE_AGE
		}
	}}
	return options
}

func pastedColumn() *site.Options {
	options := &site.Options{SessionTable: func(o *sqlstore.Options) {
		o.Columns = append(o.Columns, sqlstore.Column{
			Name:  "…",
			Value: func(items map[string]json.RawMessage) any { return "" }, // as in create_model_instance
		})
	}}
	return options
}

func pastedNull() *site.Options {
	options := &site.Options{SessionTable: func(o *sqlstore.Options) {
		o.Columns = append(o.Columns, sqlstore.Column{
			Name:  "…",
			Value: func(items map[string]json.RawMessage) any { return nil }, // as in create_model_instance
		})
	}}
	return options
}

func pastedKey() *site.Options {
	options := &site.Options{CacheKey: func(key, keyPrefix string, version int) string {
		return keyPrefix + ":" + key // as KEY_FUNCTION in Django
	}}
	return options
}

func pastedPrefix() *site.Options {
	options := &site.Options{CacheKey: func(key, keyPrefix string, version int) string {
		key = strings.Replace(key, "…", "…", 1)
		return fmt.Sprintf("%s:%d:%s", keyPrefix, version, key)
	}}
	return options
}
