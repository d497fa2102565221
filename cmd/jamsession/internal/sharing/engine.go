package sharing

import (
	"path/filepath"
	"strings"

	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/internal/signing"
)

// djangoEngine returns the short name of Django's engine, or false if it is
// the site's own. Facts know which of Django's an engine is made from.
func (s site) djangoEngine() (string, bool) {
	path, _ := s.django["SESSION_ENGINE"].(string)
	name, ok := s.djangoPath(path)
	switch name {
	case "db", "cache", "cached_db", "file", "signed_cookies":
		return name, ok
	}
	return path, false
}

// ourEngines is the package for Django that saves sessions as this program does.
const ourEngines = "jamsession_sessions."

func (s site) djangoPath(path string) (string, bool) {
	if f := s.facts.Session; f != nil {
		return f.Base, f.Base != ""
	}
	if name, ok := strings.CutPrefix(path, ourEngines); ok {
		return name, true
	}
	return strings.CutPrefix(path, "django.contrib.sessions.backends.")
}

func (s site) engine() []conf.Finding {
	name, known := s.djangoEngine()
	if !known && s.facts.Session == nil && s.hasSessionModel() {
		return s.finding("engine_needs_facts", fields{"Django": name})
	}
	if !known {
		return s.finding("engine_not_djangos", fields{"Django": name})
	}
	if name == s.here.SessionEngine {
		return nil
	}
	if name == "cached_db" && s.here.SessionEngine == "db" {
		return s.finding("engine_cached_in_django_only", nil)
	}
	return s.finding("engine_differs", fields{"Django": name, "Here": s.here.SessionEngine})
}

// hasSessionModel reports whether the settings here are for a session model of the site's own.
func (s site) hasSessionModel() bool {
	return s.here.SessionTable != "django_session" || s.here.SessionSalt != signing.SessionSalt ||
		len(s.here.SessionColumns) > 0
}

// customSerializer: the engine cache needs no serializer, since it pickles.
func (s site) customSerializer() []conf.Finding {
	name, _ := s.django["SESSION_SERIALIZER"].(string)
	engine, _ := s.djangoEngine()
	switch {
	case engine == "cache" || name == "django.contrib.sessions.serializers.JSONSerializer" ||
		name == "django.core.signing.JSONSerializer":
		return nil
	case strings.HasSuffix(name, ".PickleSerializer"):
		return s.finding("serializer_pickle", fields{"Django": name})
	}
	return s.finding("serializer_not_djangos", fields{"Django": name})
}

// files compares the folders of the engine file.
func (s site) files() []conf.Finding {
	if engine, _ := s.djangoEngine(); engine != "file" || s.here.SessionEngine != "file" {
		return nil
	}
	there, ok := pathText(s.django["SESSION_FILE_PATH"])
	switch {
	case !ok:
		return s.notUnderstood("SESSION_FILE_PATH")
	case there == "":
		return s.finding("files_not_set", nil)
	case filepath.Clean(there) == absolute(s.here.SessionFilePath):
		return nil
	}
	return s.finding("files_differ", fields{"Django": there, "Here": s.here.SessionFilePath})
}
