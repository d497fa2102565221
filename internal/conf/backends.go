package conf

import (
	"errors"
	"regexp"
	"slices"
)

// modelBackend is the one of Django, under whose name logins are made if it is among the
// backends.
const modelBackend = "django.contrib.auth.backends.ModelBackend"

var dottedPath = regexp.MustCompile(`^\w+(\.\w+)+$`)

func setBackends(s *Settings, v value) error {
	names, err := v.list()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(names, func(n string) bool { return !dottedPath.MatchString(n) }) {
		return errors.New(`want names of classes, such as "` + modelBackend + `"`)
	}
	if i := slices.Index(names, modelBackend); i > 0 {
		names = slices.Insert(slices.Delete(names, i, i+1), 0, modelBackend)
	}
	s.AuthenticationBackends = names
	return nil
}
