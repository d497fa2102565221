package conf

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// DefaultFile is the file that [System] reads if it is there.
const DefaultFile = "jamsession.toml"

// Sources are where settings come from: those of package settings.
type Sources struct {
	// Flags are values from the command line, by the name of the setting.
	Flags map[string]string

	// LookupEnv is asked for each name. Nil means no environment.
	LookupEnv func(name string) (value string, ok bool)

	// File is the path of a TOML file, which must be there. Empty is none.
	File string

	// Defaults are the program's. A SECRET_KEY that is empty counts as one that
	// is not set.
	Defaults map[string]string
}

// System returns the sources of this process: the environment, and
// [DefaultFile] in the working directory if there is such a file.
func System() Sources {
	src := Sources{LookupEnv: os.LookupEnv}
	if _, err := os.Stat(DefaultFile); !errors.Is(err, os.ErrNotExist) {
		src.File = DefaultFile
	}
	return src
}

// Load returns the settings from the sources. It reports all problems at
// once, as errors joined by [errors.Join], one line per problem: the name,
// where it is set, the value unless it is secret, and what would be valid.
func Load(src Sources) (*Settings, error) {
	file, problems := readFile(src.File)
	problems = append(problems, unknownNames(src.Flags, "flag")...)
	problems = append(problems, unknownNames(src.Defaults, "default of the program")...)
	s := &Settings{
		File:    src.File,
		Written: make(map[string]string), Hints: make(map[string]string), From: make(map[string]string),
	}
	for _, t := range table {
		v, where := src.find(t, file)
		s.keepWritten(t, v.written(), where)
		if err := t.set(s, v); err != nil {
			problems = append(problems, t.problem(v, where, err))
		}
	}
	if len(problems) == 0 {
		problems = s.contradictions()
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return s, nil
}

// keepWritten keeps what may be shown of a value.
func (s *Settings) keepWritten(t Setting, written, where string) {
	s.From[t.Name] = where
	switch {
	case t.Secret:
		s.Hints[t.Name] = hint(written)
	default:
		s.Written[t.Name] = written
	}
}

// unknownNames says which of the names no setting has.
func unknownNames[V any](values map[string]V, where string) (problems []error) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if _, ok := lookup(name); !ok {
			problems = append(problems, unknown(name, where))
		}
	}
	return problems
}

// find returns the value that counts and says where it is from.
func (src Sources) find(t Setting, file map[string]any) (v value, where string) {
	v, where = src.given(t, file)
	unset := where == "default" || t.Name == "SECRET_KEY" && v.any == ""
	if text, ok := src.Defaults[t.Name]; ok && unset {
		return value{text}, "default of the program"
	}
	return v, where
}

// given is find, without the program's defaults.
func (src Sources) given(t Setting, file map[string]any) (v value, where string) {
	if text, ok := src.Flags[t.Name]; ok {
		return value{text}, "flag"
	}
	if src.LookupEnv != nil {
		if text, ok := src.LookupEnv(t.Name); ok {
			return value{text}, "environment"
		}
	}
	if v, ok := file[t.Name]; ok {
		return value{v}, src.File
	}
	return value{t.Default}, "default"
}

// problem says what is wrong with a value.
func (t Setting) problem(v value, where string, err error) error {
	if t.Secret {
		return fmt.Errorf("settings: %s (%s): %w", t.Name, where, err)
	}
	return fmt.Errorf("settings: %s (%s) is %s: %w", t.Name, where, quoted(v.any), err)
}

// quoted shows a value, but cuts a long one.
func quoted(v any) string {
	shown := fmt.Sprintf("%q", fmt.Sprint(v))
	if len(shown) > 80 {
		return shown[:76] + `..."`
	}
	return shown
}

// readFile reads a TOML file of names and values.
func readFile(path string) (map[string]any, []error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path) // the path is the program's
	if err != nil {
		return nil, []error{fmt.Errorf("settings: %w", err)}
	}
	return parseFile(path, string(text))
}

func parseFile(path, text string) (map[string]any, []error) {
	var file map[string]any
	if _, err := toml.Decode(text, &file); err != nil {
		return nil, []error{tomlError(path, err)}
	}
	return file, unknownNames(file, path)
}

// tomlError says where a file is not TOML. It shows what the parser found
// there only if that cannot be part of a secret.
func tomlError(path string, err error) error {
	var syntax toml.ParseError
	if !errors.As(err, &syntax) {
		return fmt.Errorf("settings: %s is not valid TOML", path)
	}
	where := fmt.Sprintf("settings: %s: line %d", path, syntax.Position.Line)
	if t, ok := lookup(syntax.LastKey); ok && !t.Secret {
		return fmt.Errorf("%s, at %s: %s", where, t.Name, syntax.Message)
	}
	return fmt.Errorf("%s is not valid TOML; write NAME = \"text\", number, true, or [\"list\"]", where)
}

// hint returns what may be shown of a secret: the scheme of a URL, and the path of a SQLite
// file, which has no password.
func hint(written string) string {
	scheme, rest, isURL := strings.Cut(written, "://")
	isURL = isURL && len(scheme) < 20 && !strings.ContainsFunc(scheme, func(r rune) bool {
		return (r < 'a' || r > 'z') && r != '-' && r != '+'
	})
	path, _, _ := strings.Cut(rest, "?")
	switch {
	case written == "":
		return ""
	case isURL && scheme == "sqlite" && strings.HasPrefix(path, "/"):
		return scheme + "://" + path
	case isURL:
		return scheme + "://(secret)"
	default:
		return "(secret)"
	}
}
