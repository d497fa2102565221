package deptest

import (
	"slices"
	"strings"
	"testing"
)

// rooms are the public parts of the module, and which other public parts each
// may import, with all that is in their folders. Packages of a store's kind, in
// stores, are one room. docs/architecture.md draws them.
var rooms = map[string][]string{
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
	"settings":    {"auth", "cookie", "mail", "messages", "secret"},
	"site": {
		"auth", "cookie", "csrf", "django", "mail", "messages", "secret", "session", "settings", "stores",
	},
}

// stores are the engines.
var stores = []string{
	"cachedstore", "cookiestore", "filestore", "memcachestore", "memstore", "pgstore", "redisstore", "sqlstore",
}

// roomOf returns the room of a package of the module; "" for one that is internal
// or a program.
func roomOf(path string) string {
	path, ok := strings.CutPrefix(path, module+"/")
	if path == "internal/conf" {
		return "settings" // what reads them
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

// TestRoomsImportWhatIsBelowThem and nothing else of the module.
func TestRoomsImportWhatIsBelowThem(t *testing.T) {
	seen := map[string]bool{}
	for path, p := range list(t, module+"/...") {
		room := roomOf(path)
		if room == "" {
			continue
		}
		may, known := rooms[room]
		if !known {
			t.Errorf("%s is in no room: name it in rooms and in docs/architecture.md", path)
		}
		for _, imported := range p.Imports {
			other := roomOf(imported)
			if other != "" && other != room && !slices.Contains(may, other) {
				t.Errorf("%s imports %s", path, imported)
			}
			seen[room+" "+other] = true
		}
	}
	for room, may := range rooms {
		for _, other := range may {
			if !seen[room+" "+other] {
				t.Errorf("%s imports nothing of %s any more: take it from the list", room, other)
			}
		}
	}
}
