package session

import (
	"net/http"
	"strings"
)

// A mask hides lines of a request's header while a panic passes through handlers of
// others: one that recovers it may write the header into a log, as gin.Recovery does. Such
// a handler may have a copy of the request, so that the lines themselves change, which
// copies share. A masked line is as long as it was, in case that another goroutine reads
// it.
type mask []maskedLine

type maskedLine struct {
	line *string
	was  string
}

// put masks the lines of a header, unless they are.
func (m *mask) put(h http.Header, names []string) {
	if *m != nil {
		return
	}
	for _, name := range names {
		lines := h.Values(name) // which are those of the header
		for i, line := range lines {
			*m = append(*m, maskedLine{&lines[i], line})
			lines[i] = strings.Repeat("*", len(line))
		}
	}
}

// remove makes the lines what they were, the last first: one may be there twice.
func (m *mask) remove() {
	for i := len(*m) - 1; i >= 0; i-- {
		*(*m)[i].line = (*m)[i].was
	}
	*m = nil
}
