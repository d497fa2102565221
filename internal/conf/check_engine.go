package conf

import (
	"os"
	"path/filepath"
	"strings"
)

// checkEngine says what the engine cannot do.
func (s *Settings) checkEngine() []Finding {
	var findings []Finding
	if s.SessionEngine == "signed_cookies" && s.SessionDenyList == "none" {
		findings = append(findings, warn("jamsession.W003",
			"SESSION_ENGINE signed_cookies cannot revoke a session: a copy of the cookie stays logged "+
				"in after the logout, and of two requests at once the last one wins.",
			"Set SESSION_DENY_LIST to db or cache, or choose another engine.")...)
	}
	if c, ok := s.Caches[s.SessionCacheAlias]; ok && s.usesCache() && c.Kind() == "memory" {
		findings = append(findings, warn("jamsession.W004",
			"The sessions' cache is memory://: another process does not see it, and a restart forgets it.",
			"Use rediss:// or memcached://.")...)
	}
	if s.SessionEngine == "file" {
		findings = append(findings, s.checkFolder()...)
	}
	return findings
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
