// Package diffsettings reads what Django's manage.py diffsettings --all
// prints: one line per setting, with the repr of its value in Python.
//
// It reads and runs nothing. What it does not understand, such as the repr of
// an object, it keeps as [Opaque].
package diffsettings

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Settings are the values of a Django site's settings by their names: nil,
// bool, int64, float64, string, [Bytes], []any, [Dict], [Call] or [Opaque].
// They hold secrets, so they are not to be printed.
type Settings map[string]any

// ErrIncomplete says that the input is not all that diffsettings --all prints.
var ErrIncomplete = errors.New("this is not what manage.py diffsettings --all prints")

// needed are settings that every Django site has, most of them by default.
var needed = []string{"SECRET_KEY", "SESSION_ENGINE", "AUTH_USER_MODEL", "USE_TZ", "DATABASES"}

// maxInput bounds the input. Settings of large sites are a few hundred
// kilobytes.
const maxInput = 16 << 20

// Read reads the output of diffsettings --all, with --output hash or unified.
// Lines of another form are passed over, since the settings module may print.
// Errors do not show the input. They wrap [ErrIncomplete] if settings are
// missing that Django always has.
func Read(r io.Reader) (Settings, error) {
	settings := make(Settings)
	limited := &io.LimitedReader{R: r, N: maxInput + 1}
	lines := bufio.NewScanner(limited)
	lines.Buffer(nil, maxInput+1)
	for lines.Scan() {
		if name, value, ok := readLine(lines.Text()); ok {
			settings[name] = value
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("diffsettings: %w", err)
	}
	if limited.N == 0 {
		return nil, fmt.Errorf("diffsettings: the input is larger than %d bytes", maxInput)
	}
	for _, name := range needed {
		if _, ok := settings[name]; !ok {
			return nil, fmt.Errorf("%w: %s is missing", ErrIncomplete, name)
		}
	}
	return settings, nil
}

// line is a setting behind the mark that tells whether it is a default: "###",
// or in the unified form a space, "+" or "-".
var line = regexp.MustCompile(`^(### |[ +-] )?([A-Z][A-Z0-9_]*) = (.*)$`)

// ownMark stands behind settings that Django does not have.
const ownMark = "  ###"

func readLine(text string) (name string, value any, ok bool) {
	m := line.FindStringSubmatch(strings.TrimSuffix(text, "\r"))
	if m == nil || m[1] == "- " { // the default that another value replaces
		return "", nil, false
	}
	value, err := Parse(strings.TrimSuffix(m[3], ownMark))
	if err != nil {
		value = Opaque{}
	}
	return m[2], value, true
}
