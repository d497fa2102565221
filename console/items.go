package console

import (
	"strings"

	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/internal/secretitem"
)

// An item is one of a session as a page shows it.
type item struct {
	Name   string
	Value  string // "" if it is masked
	Secret bool   // it is never shown
	Size   int    // bytes
}

// harmless are this module's own items, whose values say nothing of their visitor.
var harmless = map[string]bool{
	"_auth_user_id": true, "_auth_user_backend": true, "_session_expiry": true,
	"_login_time": true, "_login_floor": true, "_device": true,
}

// shownItems returns the items of a session, with values if these are asked for. Values that are
// secret stay masked, and so do those in which the session's own key is.
func shownItems(items rawjson.Object, key string, values bool) (all []item) {
	for name, raw := range items.All() {
		i := item{Name: name, Secret: secretitem.Is(name), Size: len(raw)}
		if strings.Contains(string(raw), key) || strings.Contains(name, key) {
			i.Name, i.Secret = strings.ReplaceAll(name, key, "(key)"), true
		}
		if !i.Secret && (values || harmless[name]) {
			i.Value = shownValue(raw)
		}
		all = append(all, i)
	}
	return all
}
