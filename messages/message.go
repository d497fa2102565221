package messages

import (
	"html/template"
	"strings"
)

// A Level says how important a message is.
type Level int

// The levels, with Django's numbers. Other numbers are allowed.
const (
	LevelDebug   Level = 10
	LevelInfo    Level = 20
	LevelSuccess Level = 25
	LevelWarning Level = 30
	LevelError   Level = 40
)

// levelTags are Django's words for the levels.
var levelTags = map[Level]string{
	LevelDebug: "debug", LevelInfo: "info", LevelSuccess: "success",
	LevelWarning: "warning", LevelError: "error",
}

// A Message is one notice.
type Message struct {
	Level Level
	Text  string

	// ExtraTags are classes for the page, with spaces between them.
	ExtraTags string

	// Safe says that Text is HTML, and is not escaped. Never set it for a text
	// that contains anything from a visitor.
	Safe bool

	// LevelTag is the word for the level. [Take] sets it.
	LevelTag string
}

// Tags returns the extra tags and the word for the level, for the attribute
// class of an element.
func (m Message) Tags() string { return strings.TrimSpace(m.ExtraTags + " " + m.LevelTag) }

// HTML returns the text for a page: escaped, unless it is Safe.
func (m Message) HTML() template.HTML {
	if m.Safe {
		return template.HTML(m.Text)
	}
	return template.HTML(template.HTMLEscapeString(m.Text))
}
