package facts

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/diffsettings"
)

// AsSettings returns the facts in the form of diffsettings, as far as that has them.
func (f *Facts) AsSettings() diffsettings.Settings {
	settings := make(diffsettings.Settings)
	for name, v := range f.Settings {
		settings[name] = python(v)
	}
	if f.Session.CookieAge != nil { // which the class may have of its own
		settings["SESSION_COOKIE_AGE"] = python(f.Session.CookieAge)
	}
	settings["DATABASES"] = diffsettings.Dict{{Key: "default", Value: f.Database.asDict()}}
	var caches diffsettings.Dict
	for _, alias := range slices.Sorted(maps.Keys(f.Caches)) {
		caches = append(caches, diffsettings.Pair{Key: alias, Value: f.Caches[alias].asDict()})
	}
	settings["CACHES"] = caches
	return settings
}

func (d *Database) asDict() diffsettings.Dict {
	dict := diffsettings.Dict{
		{Key: "ENGINE", Value: d.Engine},
		{Key: "NAME", Value: d.Name},
		{Key: "USER", Value: d.User},
		{Key: "HOST", Value: d.Host},
		{Key: "PORT", Value: python(d.Port)},
	}
	if d.TimeZone != "" {
		dict = append(dict, diffsettings.Pair{Key: "TIME_ZONE", Value: d.TimeZone})
	}
	return dict
}

func (c Cache) asDict() diffsettings.Dict {
	var locations []any
	for _, l := range c.Location {
		locations = append(locations, l)
	}
	var options diffsettings.Dict
	for _, name := range slices.Sorted(maps.Keys(c.Options)) {
		options = append(options, diffsettings.Pair{Key: name, Value: python(c.Options[name])})
	}
	var behaviors diffsettings.Dict
	for _, name := range c.Behaviors {
		behaviors = append(behaviors, diffsettings.Pair{Key: name, Value: true})
	}
	options = append(options, diffsettings.Pair{Key: "behaviors", Value: behaviors})
	dict := diffsettings.Dict{
		{Key: "BACKEND", Value: c.Backend},
		{Key: "LOCATION", Value: locations},
		{Key: "KEY_PREFIX", Value: c.KeyPrefix},
		{Key: "OPTIONS", Value: options},
		{Key: "KEY_FUNCTION", Value: c.KeyFunction},
	}
	if c.Version != nil {
		dict = append(dict, diffsettings.Pair{Key: "VERSION", Value: python(c.Version)})
	}
	return dict
}

// python returns a value of JSON as diffsettings has it. Objects stand for what is not plain.
func python(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		if x, err := v.Float64(); err == nil {
			return x
		}
		return diffsettings.Opaque{}
	case []any:
		list := make([]any, 0, len(v))
		for _, x := range v {
			list = append(list, python(x))
		}
		return list
	case map[string]any:
		return diffsettings.Opaque{}
	}
	return v
}
