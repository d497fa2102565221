package httpcache

import (
	"net/http"
	"strings"
)

// AddVary adds field to the Vary header, unless it is already there. As in
// Django, names compare without regard to case, the list becomes one line,
// and a list with "*" becomes "*" alone.
func AddVary(h http.Header, field string) {
	lines := h["Vary"]
	if len(lines) == 0 {
		h["Vary"] = []string{field}
		return
	}
	list, found := lines[0], false
	if len(lines) > 1 {
		list = strings.Join(lines, ", ")
	}
	for item := range strings.SplitSeq(list, ",") {
		item = trim(item)
		if item == "*" {
			h["Vary"] = []string{"*"}
			return
		}
		found = found || strings.EqualFold(item, field)
	}
	if !found {
		h["Vary"] = []string{join(list, field)}
	}
}

func join(list, field string) string {
	if trim(list) == "" {
		return field
	}
	return list + ", " + field
}
