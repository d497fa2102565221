package conf

import (
	"os"
	"path/filepath"
	"strings"
)

// checkEngine says what the engine cannot do.
func (s *Settings) checkEngine() []Finding {
	var findings []Finding
	if s.SessionEngine == "signed_cookies" && s.SessionDenyList == "none" && s.Devices != "db" {
		findings = append(findings, warn("jamsession.W003",
			"SESSION_ENGINE signed_cookies cannot revoke a session by itself: a copy of the cookie stays "+
				"logged in after the logout, and of two requests at once the last one wins.",
			"Set DEVICES or SESSION_DENY_LIST to db, or choose another engine.")...)
	}
	if c, ok := s.Caches[s.SessionCacheAlias]; ok && s.usesCache() && c.Kind() == "memory" {
		findings = append(findings, warn("jamsession.W004",
			"The sessions' cache is memory://: another process does not see it, and a restart forgets it.",
			"Use rediss:// or memcached://.")...)
	}
	findings = append(findings, s.checkCulling()...)
	if s.SessionEngine == "file" {
		findings = append(findings, s.checkFolder()...)
	}
	return findings
}

// fewEntries is less than a site with sessions in a cache should let Django keep.
const fewEntries = 10_000

// checkCulling asks whether Django deletes sessions when its cache has many entries.
func (s *Settings) checkCulling() []Finding {
	c := s.Caches[s.SessionCacheAlias]
	if c.Place() == "" || !s.aloneInCache() || c.MaxEntries >= fewEntries {
		return nil
	}
	return warn("jamsession.W009",
		"The sessions are in a cache of Django from which it deletes entries when there are more than "+
			"MAX_ENTRIES, which is 300 by default: users are logged out.",
		"Raise MAX_ENTRIES in OPTIONS of Django's CACHES to more than there will ever be, and write "+
			"the same here, or use the engine db or cached_db.")
}

// checkFolder asks who can see the names of the files, which are the keys.
func (s *Settings) checkFolder() []Finding {
	var findings []Finding
	path := filepath.Clean(s.SessionFilePath)
	if isTemporary(path) {
		findings = warn("jamsession.W060",
			"SESSION_FILE_PATH is in a folder for temporary files, where any user of this machine "+
				"can make it first, and a restart may empty it.",
			"Use a folder such as /var/lib/site/sessions, with chmod 700.")
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		findings = append(findings, warn("jamsession.W061",
			"Other users of this machine can look into SESSION_FILE_PATH: the names of the files "+
				"are the keys of the sessions.", "Run chmod 700 on it.")...)
	}
	return findings
}

func isTemporary(path string) bool {
	for _, folder := range []string{"/tmp", "/var/tmp", "/dev/shm", filepath.Clean(os.TempDir())} {
		if path == folder || strings.HasPrefix(path, folder+string(filepath.Separator)) {
			return true
		}
	}
	return false
}
