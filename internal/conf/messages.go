package conf

import (
	"errors"
	"strings"

	"github.com/jamsession/jamsession/messages"
)

// messageStorages has the storages by their short names and by Django's dotted
// ones, without what these have in common.
var messageStorages = map[string]messages.Storage{
	"fallback": messages.StorageFallback, "fallback.FallbackStorage": messages.StorageFallback,
	"cookie": messages.StorageCookie, "cookie.CookieStorage": messages.StorageCookie,
	"session": messages.StorageSession, "session.SessionStorage": messages.StorageSession,
}

func setMessageStorage(s *Settings, v value) error {
	name, err := v.text()
	if err != nil {
		return err
	}
	storage, ok := messageStorages[strings.TrimPrefix(name, "django.contrib.messages.storage.")]
	if !ok {
		return errors.New("no such storage; there are fallback, cookie, session")
	}
	s.MessageStorage = storage
	return nil
}

func setMessageLevel(s *Settings, v value) error {
	n, err := v.int(1, 1000)
	s.MessageLevel = messages.Level(n)
	return err
}
