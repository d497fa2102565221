package settings

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/secret"
)

// Sources are where settings come from. For each name the first source that
// has it counts: flag, environment, file, the program's default, and the
// default that the package comment lists. The zero Sources has only the last.
type Sources struct {
	// Flags are values from the command line, by the name of the setting.
	Flags map[string]string

	// LookupEnv is asked for each name. Nil means no environment.
	LookupEnv func(name string) (value string, ok bool)

	// File is the path of a TOML file, which must be there. Empty is none.
	File string

	// Defaults are what the program takes where nobody has set something else,
	// by the name of the setting. A SECRET_KEY that is empty counts as one that
	// is not set.
	Defaults map[string]string
}

// System returns the sources of this process: the environment, and the file
// jamsession.toml in the working directory if there is one.
func System() Sources { return Sources(conf.System()) }

// Format implements [fmt.Formatter]: no verb shows a value, which may be secret.
func (src Sources) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "settings.Sources") }

// LogValue implements [slog.LogValuer], as Format.
func (src Sources) LogValue() slog.Value { return slog.StringValue("settings.Sources") }

// Settings are a site's settings, checked. [Load] makes them, and package site
// opens what they describe. They do not change, print and log without any
// value, and are safe for concurrent use.
type Settings struct{ values *conf.Settings }

// Load returns the settings from the sources. It reports all problems at
// once, as errors joined by [errors.Join], one line per problem: the name,
// where it is set, the value unless it is secret, and what would be valid.
func Load(src Sources) (*Settings, error) {
	values, err := conf.Load(conf.Sources(src))
	if err != nil {
		return nil, err
	}
	return &Settings{values}, nil
}

// Get returns the value of a setting as it was written, a list with commas. It
// is empty for a name that the package comment does not list, and for a secret,
// such as a URL that may hold a password.
func (s *Settings) Get(name string) string {
	if s.values == nil {
		return "" // of the zero Settings, which Load has not made
	}
	return s.values.Get(name)
}

// Keys returns SECRET_KEY and SECRET_KEY_FALLBACKS. The error says that there are none.
func (s *Settings) Keys() (secret.Keys, error) {
	if s.values == nil {
		return secret.Keys{}, errors.New("settings: there are none; make them with settings.Load")
	}
	return s.values.Keys()
}

func init() { conf.Of = func(s any) *conf.Settings { return s.(*Settings).values } }

// Format implements [fmt.Formatter]: with every verb only the type is shown.
func (s Settings) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "settings.Settings") }

// DemoSecretKey returns the key in a file, for a demonstration on one
// machine: put it into [Sources.Defaults]. If there is no such file it makes a
// random key and writes it there, readable by its owner only. It refuses a file
// that others can read.
func DemoSecretKey(path string) (secret.Text, error) { return conf.DemoSecretKey(path) }
