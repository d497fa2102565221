// Package facts reads what the script of jamsession django-facts says about a Django site:
// the user model, the sessions, the caches and whatever else no settings file has.
//
// It is a text from elsewhere. What it says is quoted before it becomes a part of a file,
// and none of it is run.
package facts

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Script is the program in Python that prints facts.
//
//go:embed facts.py
var Script string

// version is that of the form; the script has the same.
const version = 1

// Facts are what the script printed. What it could not find out is nil or empty, and has
// an entry in Problems.
type Facts struct {
	Version   int               `json:"facts"`
	Django    string            `json:"django"` // its version
	Python    string            `json:"python"`
	Settings  map[string]any    `json:"settings"`
	Fallbacks int               `json:"secret_key_fallbacks"` // how many there are
	Database  *Database         `json:"database"`
	User      *User             `json:"user"`
	Session   *Session          `json:"session"`
	Caches    map[string]Cache  `json:"caches"` // by alias
	Hashers   []*Hasher         `json:"hashers"`
	Backends  []*Backend        `json:"backends"`
	Installed map[string]string `json:"installed"` // versions of packages
	Problems  map[string]string `json:"problems"`  // kinds of errors, by what failed
}

// A Database is the one that has the users.
type Database struct {
	Alias, Vendor, Engine, Name, User, Host, Version string

	Port     any      `json:"port"` // text or a number
	TimeZone string   `json:"time_zone"`
	Schemas  []string // of PostgreSQL, in the order of its search_path
}

// A User is the user model.
type User struct {
	Model       string // "crew.Member"
	Table       string
	Key         Key
	Username    Name
	Email       *Name
	Columns     []Column
	Flags       map[string]*Flag // of is_active, is_staff and is_superuser those without a column
	AllRows     *bool            `json:"all_rows"` // each row of the table is a user
	Groups      *Link
	Permissions *Link
	Case        string // "exact", "ignore", "lower"; "own" is none of them
	Normalizes  string // of an address: "domain", "lower" or "nothing"
	AuthHash    string `json:"auth_hash"` // "django" or "own"
}

// A Key is the primary key of the users.
type Key struct {
	Field, Column string
	Kind          string // "integer", "uuid", "text"; "other" is none of them
	Class         string // of the field
}

// A Name is what users log in with, or their address.
type Name struct {
	Field, Column string
	MaxLength     int `json:"max_length"`
}

// A Column is that of a field of a model.
type Column struct {
	Name, Column, Type string

	Null      bool
	Required  bool   // it has no value unless a program gives one
	Default   any    // a plain value that Django writes
	Computed  string // what makes the value that Django writes
	Collation string
	MaxLength int `json:"max_length"`
}

// A Flag is what a property such as is_staff returns: a column, or always the same value. A nil Flag
// is computed in another way.
type Flag struct {
	Column string
	Value  any
}

// A Link is a table between users and their groups or permissions.
type Link struct {
	Table, User, Other string
	To                 string // the model
}

// A Session is how sessions are kept.
type Session struct {
	Engine string // SESSION_ENGINE
	Store  string // the class
	Base   string // the engine of Django's that it is made from, such as "db"; or empty
	Salt   string
	Format string // "django" or "own"

	CookieAge      any    `json:"cookie_age"` // in seconds, as the class has it
	OwnAge         bool   `json:"own_age"`    // the class has its own method for it
	CacheKeyPrefix string `json:"cache_key_prefix"`

	// Of engines with a table.
	Model, Table, Database string
	Columns                []Column
	Filled                 map[string]string // which item a column has
}

// A Cache is an entry of CACHES.
type Cache struct {
	Backend     string
	Location    []string // without passwords
	KeyPrefix   string   `json:"key_prefix"`
	Version     any
	KeyFunction string         `json:"key_function"` // "django", "prefix", "key" or a path
	Options     map[string]any // nil where the script does not show the value
	Behaviors   []string       // of pylibmc, those that are on
}

// A Backend is an entry of AUTHENTICATION_BACKENDS.
type Backend struct {
	Class     string
	SameUsers bool `json:"same_users"` // it finds the user of a session as ModelBackend does
}

// A Hasher is an entry of PASSWORD_HASHERS.
type Hasher struct {
	Class, Algorithm string
	Djangos          bool // it makes the texts that Django's class does
	Iterations       int
}

// maxInput bounds the input. Settings of large sites are a few hundred kilobytes.
const maxInput = 16 << 20

// ErrNoFacts says that the input is something else.
var ErrNoFacts = errors.New("this is not what the script of jamsession django-facts prints")

// start is where the facts begin: before them stands what the shell or a settings module prints.
var start = regexp.MustCompile(`\{\s*"facts"\s*:`)

// ReadInput returns the whole input, unless it is too large.
func ReadInput(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	if err != nil {
		return nil, fmt.Errorf("facts: %w", err)
	}
	if len(text) > maxInput {
		return nil, fmt.Errorf("facts: the input is larger than %d bytes", maxInput)
	}
	return text, nil
}

// Parse finds the facts in a text. Errors name what is wrong, and do not show its value.
// They wrap [ErrNoFacts] if there are none.
func Parse(text []byte) (*Facts, error) {
	at := start.FindIndex(text)
	if at == nil {
		return nil, ErrNoFacts
	}
	var f Facts
	d := json.NewDecoder(bytes.NewReader(text[at[0]:])) // it stops behind them
	d.UseNumber()
	if err := d.Decode(&f); err != nil {
		return nil, explain(err)
	}
	if f.Version != version {
		return nil, errors.New("facts: they are of another version of jamsession: print them again")
	}
	return &f, f.whole()
}

// whole returns an error if a part is missing that no comparison can do without.
func (f *Facts) whole() error {
	for _, part := range []struct {
		name    string
		missing bool
	}{
		{"settings", f.Settings == nil},
		{"database", f.Database == nil},
		{"user", f.User == nil},
		{"session", f.Session == nil},
	} {
		if part.missing {
			return fmt.Errorf("facts: the script did not find out everything: %s is missing%s",
				part.name, f.because(part.name+"_facts"))
		}
	}
	return nil
}

// because is what the script said of a part that failed.
func (f *Facts) because(part string) string {
	if kind := f.Problems[part]; regexp.MustCompile(`^\w{1,60}$`).MatchString(kind) {
		return " (" + kind + ")"
	}
	return ""
}

// explain says in plain words what is wrong.
func explain(err error) error {
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrong):
		return fmt.Errorf("facts: %s is of another type: %s", strings.ToLower(wrong.Field), wrong.Value)
	case errors.As(err, &syntax), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("facts: the input is cut off, or is not JSON")
	}
	return errors.New("facts: the input cannot be read")
}
