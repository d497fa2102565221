package conf

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/secret"
)

// A value is what a source says: text from a flag or the environment, or a
// TOML value. The parsers below accept the text form from every source.
// Their errors say what would be valid; the caller adds the name, and the
// value if it may be shown.
type value struct{ any }

type (
	duration     = time.Duration
	sameSiteMode = http.SameSite
	secureMode   = cookie.Secure
)

// text returns the value if it is text.
func (v value) text() (string, error) {
	s, ok := v.any.(string)
	if !ok {
		return "", errors.New("want text in quotes")
	}
	if i := strings.IndexFunc(s, isControl); i >= 0 {
		return "", errors.New("want text without control characters")
	}
	return s, nil
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

// bool reads Python's spellings and the usual ones.
func (v value) bool() (bool, error) {
	if b, ok := v.any.(bool); ok {
		return b, nil
	}
	switch fmt.Sprint(v.any) {
	case "true", "True", "TRUE", "1", "yes", "on":
		return true, nil
	case "false", "False", "FALSE", "0", "no", "off":
		return false, nil
	}
	return false, errors.New("want true or false")
}

// int reads an integer from least to most.
func (v value) int(least, most int64) (int64, error) {
	n, ok := v.any.(int64)
	if s, isText := v.any.(string); isText {
		parsed, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
		n, ok = parsed, err == nil
	}
	if !ok || n < least || n > most {
		return 0, fmt.Errorf("want a whole number from %d to %d", least, most)
	}
	return n, nil
}

// list reads an array of texts, or one text with commas.
func (v value) list() ([]string, error) {
	var items []string
	switch x := v.any.(type) {
	case string:
		items = strings.Split(x, ",")
	case []any:
		for _, item := range x {
			s, err := value{item}.text()
			if err != nil {
				return nil, errors.New("want an array of texts")
			}
			items = append(items, s)
		}
	default:
		return nil, errors.New("want an array of texts, or one text with commas")
	}
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	items = slices.DeleteFunc(items, func(s string) bool { return s == "" })
	if slices.ContainsFunc(items, func(s string) bool {
		return strings.ContainsFunc(s, isControl)
	}) {
		return nil, errors.New("want texts without control characters")
	}
	if len(items) == 0 {
		return nil, nil
	}
	return items, nil
}

// written returns the value as one text.
func (v value) written() string {
	if _, isArray := v.any.([]any); isArray {
		items, _ := v.list()
		return strings.Join(items, ",")
	}
	return fmt.Sprint(v.any)
}

// into makes the function of a setting that stores what parse returns.
func into[T any](field func(*Settings) *T, parse func(value) (T, error)) func(*Settings, value) error {
	return func(s *Settings, v value) error {
		x, err := parse(v)
		if err == nil {
			*field(s) = x
		}
		return err
	}
}

func text(field func(*Settings) *string) func(*Settings, value) error {
	return into(field, value.text)
}

func secretText(field func(*Settings) *secret.Text) func(*Settings, value) error {
	return into(field, func(v value) (secret.Text, error) {
		s, err := v.text()
		return secret.New(s), err
	})
}

// oneOf takes one of a few words.
func oneOf(field func(*Settings) *string, words ...string) func(*Settings, value) error {
	return into(field, func(v value) (string, error) {
		s, err := v.text()
		if err == nil && !slices.Contains(words, s) {
			err = errors.New("want " + strings.Join(words, " or "))
		}
		return s, err
	})
}

func boolean(field func(*Settings) *bool) func(*Settings, value) error {
	return into(field, value.bool)
}

// unless is boolean for a field that is the other way round.
func unless(field func(*Settings) *bool) func(*Settings, value) error {
	return into(field, func(v value) (bool, error) {
		on, err := v.bool()
		return !on, err
	})
}

func secretList(field func(*Settings) *[]secret.Text) func(*Settings, value) error {
	return into(field, func(v value) ([]secret.Text, error) {
		items, err := v.list()
		var texts []secret.Text
		for _, item := range items {
			texts = append(texts, secret.New(item))
		}
		return texts, err
	})
}

// maxSeconds is a hundred years, which every store's calendar can hold.
const maxSeconds = 100 * 365 * 24 * 60 * 60

func seconds(least int64, field func(*Settings) *duration) func(*Settings, value) error {
	return into(field, func(v value) (duration, error) {
		n, err := v.int(least, maxSeconds)
		return time.Duration(n) * time.Second, err
	})
}

func secure(field func(*Settings) *secureMode) func(*Settings, value) error {
	return into(field, func(v value) (secureMode, error) {
		if v.any == "auto" || v.any == "" {
			return cookie.SecureAuto, nil
		}
		on, err := v.bool()
		switch {
		case err != nil:
			return cookie.SecureAuto, errors.New("want true, false or auto")
		case on:
			return cookie.SecureAlways, nil
		default:
			return cookie.SecureNeverUnsafe, nil
		}
	})
}

func sameSite(field func(*Settings) *sameSiteMode) func(*Settings, value) error {
	return into(field, func(v value) (sameSiteMode, error) {
		switch strings.ToLower(fmt.Sprint(v.any)) {
		case "lax":
			return http.SameSiteLaxMode, nil
		case "strict":
			return http.SameSiteStrictMode, nil
		case "none":
			return http.SameSiteNoneMode, nil
		case "false", "":
			return http.SameSiteDefaultMode, nil
		}
		return 0, errors.New(`want "Lax", "Strict", "None", or false to leave it out`)
	})
}
