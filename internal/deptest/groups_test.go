package deptest

import (
	"slices"
	"strings"
	"testing"
)

// groups lists the groups of public packages, and the other groups that each may
// import. A package belongs to the group of its first folder; the packages in
// stores are one group. docs/architecture.md shows them.
var groups = map[string][]string{
	"secret":      {},
	"cookie":      {},
	"mail":        {},
	"session":     {"cookie"},
	"csrf":        {"cookie", "session"},
	"messages":    {"cookie", "secret", "session"},
	"django":      {"secret", "session"},
	"stores":      {"django", "secret", "session"},
	"sessiontest": {"session"},
	"auth":        {"cookie", "csrf", "django", "mail", "secret", "session"},
	"health":      {"session"},
	"metrics":     {"auth", "health", "session"},
	"settings":    {"auth", "cookie", "mail", "messages", "secret"},
	"site": {
		"auth", "cookie", "csrf", "django", "health", "mail", "messages", "metrics", "secret", "session", "settings",
		"stores",
	},
	"console": {"auth", "csrf", "messages", "secret", "session", "settings", "site"},
}

// stores are the engines.
var stores = []string{
	"cachedstore", "cookiestore", "filestore", "memcachestore", "memstore", "pgstore", "redisstore", "sqlstore",
}

// groupOf returns the group of a package of the module, or "" for one that is
// internal or a program.
func groupOf(path string) string {
	path, ok := strings.CutPrefix(path, module+"/")
	if path == "internal/conf" {
		return "settings" // reads them
	}
	first, _, _ := strings.Cut(path, "/")
	if !ok || first == "internal" || first == "cmd" || first == "examples" {
		return ""
	}
	if slices.Contains(stores, first) {
		return "stores"
	}
	return first
}

// TestGroupsImportOnlyAllowedGroups and internal packages.
func TestGroupsImportOnlyAllowedGroups(t *testing.T) {
	seen := map[string]bool{}
	for path, p := range list(t, module+"/...") {
		group := groupOf(path)
		if group == "" {
			continue
		}
		may, known := groups[group]
		if !known {
			t.Errorf("%s is in no group: add it to groups and to docs/architecture.md", path)
		}
		for _, imported := range p.Imports {
			other := groupOf(imported)
			if other != "" && other != group && !slices.Contains(may, other) {
				t.Errorf("%s imports %s", path, imported)
			}
			seen[group+" "+other] = true
		}
	}
	for group, may := range groups {
		for _, other := range may {
			if !seen[group+" "+other] {
				t.Errorf("%s no longer imports %s: remove it from the list", group, other)
			}
		}
	}
}
