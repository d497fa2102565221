package sharing

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/jamsession/jamsession/settings"
)

const backendModule = "django.contrib.sessions.backends."

// djangoEngine returns the short name of Django's engine, or false if it is
// the site's own.
func (s site) djangoEngine() (string, bool) {
	path, _ := s.django["SESSION_ENGINE"].(string)
	name, ok := strings.CutPrefix(path, backendModule)
	switch name {
	case "db", "cache", "cached_db", "file", "signed_cookies":
		return name, ok
	}
	return path, false
}

func (s site) engine() []settings.Finding {
	name, known := s.djangoEngine()
	if !known {
		return failure("E103", fmt.Sprintf("SESSION_ENGINE %s is the Django site's own, with a "+
			"session model, "+
			"a salt or a serializer of its own: its sessions cannot be read here.", name),
			"Use one of Django's own engines on both sides, best "+backendModule+"db.")
	}
	if name == s.here.SessionEngine {
		return nil
	}
	if name == "cached_db" && s.here.SessionEngine == "db" {
		return failure("E103", "SESSION_ENGINE is cached_db in Django and db here: Django believes "+
			"its cache, "+
			"and does not see what is changed or logged out here.",
			"Set SESSION_ENGINE to cached_db here, and CACHE_URL to Django's cache; or use db in Django.")
	}
	return failure("E103", fmt.Sprintf("SESSION_ENGINE is %s in Django and %s here: each side keeps its "+
		"sessions in another place, so nobody is logged in on both.", name, s.here.SessionEngine),
		fmt.Sprintf("Set SESSION_ENGINE = %q here.", name))
}

// customSerializer: the engine cache needs no serializer, since it pickles.
func (s site) customSerializer() []settings.Finding {
	const module = "django.contrib.sessions.serializers."
	name, _ := s.django["SESSION_SERIALIZER"].(string)
	engine, _ := s.djangoEngine()
	switch {
	case engine == "cache" || name == module+"JSONSerializer" || name == "django.core.signing.JSONSerializer":
		return nil
	case strings.HasSuffix(name, ".PickleSerializer"):
		return failure("E104", "SESSION_SERIALIZER is "+name+": this program runs no pickles, and so "+
			"ends each "+
			"session that Django wrote.",
			"Set SESSION_SERIALIZER to "+module+"JSONSerializer in Django first, and keep only what "+
				"JSON "+
				"can hold in sessions. Visitors log in again once.")
	}
	return failure("E104", "SESSION_SERIALIZER "+name+" is not Django's own: its sessions may hold what "+
		"cannot be read here, or lose it.", "Set it to "+module+"JSONSerializer in Django.")
}

// files compares the folders of the engine file.
func (s site) files() []settings.Finding {
	if engine, _ := s.djangoEngine(); engine != "file" || s.here.SessionEngine != "file" {
		return nil
	}
	there, ok := pathText(s.django["SESSION_FILE_PATH"])
	switch {
	case !ok:
		return notUnderstood("SESSION_FILE_PATH")
	case there == "":
		return failure("E109", "SESSION_FILE_PATH is not set in Django, which so uses the folder for "+
			"temporary files: here it must be a folder of its own.",
			"Set SESSION_FILE_PATH to the same folder on both sides.")
	case filepath.Clean(there) == absolute(s.here.SessionFilePath):
		return nil
	}
	return failure("E109", fmt.Sprintf("SESSION_FILE_PATH is %s in Django and %s here: neither side "+
		"sees the "+
		"other's sessions.", there, s.here.SessionFilePath), "Set it to the same folder on both sides.")
}
